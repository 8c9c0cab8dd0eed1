/** Changes of a campaign or line item where it is looked at: checked as they are entered, kept with a reason, undone in the history. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { FaultView } from '../client.ts';
import { getTagged, messageOf, RefusedError, patch as sendPatch } from '../client.ts';
import type { Editable, EditedKind, Entries } from '../editor-model.ts';
import { fieldsOf, patchOf } from '../editor-model.ts';
import { plain } from '../format.ts';
import { t } from '../language.ts';
import { changes, refreshNews } from '../news-state.ts';
import { canTrade } from '../session.ts';

interface EditorProps {
  readonly kind: EditedKind;
  readonly id: string;
  readonly name: string;
  /** Told what the entries come to, while they are entered. */
  readonly onPatch?: (patch: unknown) => void;
}

interface Seen {
  readonly object: Editable;
  readonly tag: string;
}
interface Answered {
  readonly object: Editable;
  readonly warnings: readonly FaultView[];
  readonly relearning: readonly { readonly path: string; readonly message: string }[];
}
interface Said {
  readonly tone: 'good' | 'care' | 'bad';
  readonly words: readonly string[];
}

const CHECK_AFTER_MS = 350;

export function Editor({ kind, id, name, onPatch }: EditorProps) {
  const path = `api/v1/${kind}/${encodeURIComponent(id)}`;
  const [seen, setSeen] = useState<Seen | undefined>(undefined);
  const [entries, setEntries] = useState<Entries>({});
  const [reason, setReason] = useState('');
  const [faults, setFaults] = useState<Entries>({});
  const [said, setSaid] = useState<Said | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  // Somebody else's change, or going back, is seen here too.
  const latest = changes.value[0]?.number;
  const look = async (): Promise<void> => {
    const { answer, tag } = await getTagged<Editable>(path);
    setSeen({ object: answer, tag });
  };
  useEffect(() => {
    look().catch((error: unknown) => setSaid({ tone: 'bad', words: [messageOf(error)] }));
    return () => clearTimeout(timer.current);
  }, [path, latest]);
  if (!canTrade.value) return null;
  if (!seen) return said ? <p class="editor-said">{said.words.join(' ')}</p> : null;

  const refuse = (error: unknown): void => {
    const found = error instanceof RefusedError ? error.faults : [];
    setFaults(Object.fromEntries(found.map(({ path: at, message, hint }) => [at, `${message}. ${hint}`])));
    setSaid({ tone: 'bad', words: [messageOf(error)] });
    // Somebody was faster: what is entered stays, on top of what is there now.
    if (error instanceof RefusedError && error.status === 412) void look();
  };
  const check = async (next: Entries): Promise<void> => {
    const { patch, faults: unread } = patchOf(seen.object, next);
    setFaults(unread);
    setSaid(undefined);
    if (!patch || Object.keys(unread).length > 0) return;
    try {
      const { answer } = await sendPatch<Answered>(`${path}?validate_only=true`, seen.tag, patch);
      const words = [
        ...answer.relearning.map(({ message }) => message),
        ...answer.warnings.map(({ path: at, message, hint }) => `${at} ${message}. ${hint}`),
      ];
      if (words.length > 0) setSaid({ tone: 'care', words });
    } catch (error) {
      refuse(error);
    }
  };
  const enter = (at: string, text: string): void => {
    const next = { ...entries, [at]: text };
    setEntries(next);
    onPatch?.(patchOf(seen.object, next).patch);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void check(next), CHECK_AFTER_MS);
  };
  const keep = async (patch: unknown): Promise<void> => {
    clearTimeout(timer.current);
    setBusy(true);
    try {
      const query = new URLSearchParams({ reason }).toString();
      const { answer, tag } = await sendPatch<Answered>(`${path}?${query}`, seen.tag, patch);
      setSeen({ object: answer.object, tag });
      setEntries({});
      onPatch?.(undefined);
      setReason('');
      setFaults({});
      setSaid({
        tone: 'good',
        words: [t('edit.done')],
      });
      void refreshNews();
    } catch (error) {
      refuse(error);
    } finally {
      setBusy(false);
    }
  };

  const { object } = seen;
  const isPaused = object.status === 'paused';
  const { patch, faults: unread } = patchOf(object, entries);
  return (
    <form
      class="editor"
      aria-label={t('edit.change', { name: plain(name) })}
      onSubmit={(event) => {
        event.preventDefault();
        if (patch) void keep(patch);
      }}
    >
      <button
        type="button"
        class="editor-status"
        disabled={busy}
        onClick={() => void keep({ status: isPaused ? 'active' : 'paused' })}
      >
        {isPaused ? t('edit.resume') : t('edit.pause')}
      </button>
      {fieldsOf(object).map(({ path: at, label, text }) => (
        <label key={at} class="editor-field" data-fault={faults[at] !== undefined}>
          <span class="editor-label">{t(label)}</span>
          <input
            type="text"
            inputMode="decimal"
            value={entries[at] ?? text}
            aria-invalid={faults[at] !== undefined}
            onInput={(event) => enter(at, event.currentTarget.value)}
          />
          {faults[at] !== undefined && (
            <span class="editor-fault">
              {faults[at] === 'is no number' ? t('edit.noNumber') : plain(faults[at], 200)}
            </span>
          )}
        </label>
      ))}
      <label class="editor-field editor-reason">
        <span class="editor-label">{t('edit.why')}</span>
        <input
          type="text"
          maxLength={500}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <button
        type="submit"
        class="editor-keep"
        disabled={busy || patch === undefined || Object.keys(unread).length > 0}
      >
        {t('edit.keep')}
      </button>
      {said && (
        <p class="editor-said" data-tone={said.tone} role="status">
          {said.words.map((words) => plain(words, 300)).join(' ')}
        </p>
      )}
    </form>
  );
}
