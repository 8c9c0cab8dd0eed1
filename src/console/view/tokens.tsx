/** Tokens of the API: for whom, as what, until when. */
import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { useAnswer } from '../ask.ts';
import { messageOf, post, send } from '../client.ts';
import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import { format } from '../state.ts';
import { Card } from './card.tsx';
import { Table } from './table.tsx';

const REFRESH_MS = 5_000;

interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly advertisers?: readonly string[];
  readonly createdMs: number;
  readonly expiresMs?: number;
}

const ROLES = ['viewer', 'trader', 'approver', 'admin'] as const;

export function Tokens() {
  const { answer, trouble, again } = useAnswer<{ items: TokenView[] }>('api/v1/tokens', REFRESH_MS);
  const name = useSignal('');
  const role = useSignal<string>('viewer');
  const [made, setMade] = useState<string | undefined>(undefined);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  const act = async (what: () => Promise<void>): Promise<void> => {
    setFailed(undefined);
    try {
      await what();
      again();
    } catch (error) {
      setFailed(messageOf(error));
    }
  };
  const { time } = format.value;
  return (
    <Card id="tokens" title={t('set.tokens')} hint={t('set.tokensHint')} trouble={failed ?? trouble}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void act(async () => {
            const { token } = await post<{ token: string }>('api/v1/tokens', {
              name: name.value,
              role: role.value,
            });
            setMade(token);
            name.value = '';
          });
        }}
      >
        <label class="field">
          <span>{t('set.tokenName')}</span>
          <input
            type="text"
            required
            maxLength={100}
            value={name.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
        </label>
        <label class="field">
          <span>{t('set.role')}</span>
          <select
            value={role.value}
            onChange={(event) => {
              role.value = event.currentTarget.value;
            }}
          >
            {ROLES.map((one) => (
              <option key={one} value={one}>
                {term(one)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="button button-main">
          {t('set.makeToken')}
        </button>
      </form>
      {made !== undefined && (
        <p class="card-text" role="status">
          {t('set.tokenOnce')} <code class="token">{made}</code>
        </p>
      )}
      <Table
        label={t('set.tokens')}
        rows={answer?.items ?? []}
        keyOf={({ id }) => id}
        empty={answer ? t('set.noTokens') : t('say.counting')}
        columns={[
          { key: 'name', name: t('set.tokenName'), cell: (token) => plain(token.name) },
          { key: 'role', name: t('set.role'), cell: (token) => term(token.role) },
          {
            key: 'for',
            name: t('conv.advertiser'),
            cell: ({ advertisers }) => advertisers?.map((one) => plain(one)).join(', ') ?? t('lines.all'),
          },
          { key: 'made', name: t('set.created'), cell: ({ createdMs }) => time(createdMs) },
          {
            key: 'ends',
            name: t('set.expires'),
            cell: ({ expiresMs }) => (expiresMs === undefined ? t('set.never') : time(expiresMs)),
          },
          {
            key: 'act',
            name: t('set.revoke'),
            cell: ({ id }) => (
              <button
                type="button"
                class="button"
                onClick={() => void act(() => send(`api/v1/tokens/${encodeURIComponent(id)}`, 'DELETE'))}
              >
                {t('set.revoke')}
              </button>
            ),
          },
        ]}
      />
    </Card>
  );
}
