/** Name, the bidder's clock, and whether what is shown is live. */
import type { Connection } from '../client.ts';
import { connection, format, overview } from '../state.ts';

const CONNECTION_WORDS: Record<Connection, string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  signed_out: 'Signed out',
};

export function Header() {
  const now = overview.value?.nowMs;
  return (
    <header class="bar">
      <div class="bar-inside">
        <h1 class="brand">
          <Mark />
          Bidwright
        </h1>
        <p class="clock">
          <span class="clock-label">Bidder’s clock</span>{' '}
          <time dateTime={now === undefined ? undefined : new Date(now).toISOString()}>
            {now === undefined ? '' : format.value.time(now)}
          </time>
        </p>
        <p class="connection" role="status" data-state={connection.value}>
          <span class="connection-light" aria-hidden="true" />
          {CONNECTION_WORDS[connection.value]}
        </p>
      </div>
      {connection.value === 'signed_out' && (
        <p class="notice" role="alert">
          This session has ended. Open the link that the bidder printed at its start.
        </p>
      )}
    </header>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 21h4v-5h4v-5h4V7h4" />
      <path class="mark-base" d="M8 25.5h16" />
    </svg>
  );
}
