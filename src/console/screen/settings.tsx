/** Settings: who may come in, what is connected, how the process fares, and the emergency stop. */
import { useState } from 'preact/hooks';
import { useAnswer } from '../ask.ts';
import { messageOf, request } from '../client.ts';
import { plain, words } from '../format.ts';
import { t, term } from '../language.ts';
import { isAdmin, who } from '../session.ts';
import { format } from '../state.ts';
import { Card } from '../view/card.tsx';
import { FetchedFile } from '../view/download.tsx';
import { Table } from '../view/table.tsx';
import { Tokens } from '../view/tokens.tsx';

const REFRESH_MS = 5_000;

export function SettingsScreen() {
  return (
    <>
      <Health />
      {isAdmin.value && <Stop />}
      <Exchanges />
      {isAdmin.value && <Tokens />}
      <Privacy />
    </>
  );
}

interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, boolean | string | number>>;
}

function Health() {
  const { answer: ready, trouble } = useAnswer<Readiness>('readyz', REFRESH_MS);
  const { answer: health } = useAnswer<{ version: string }>('healthz');
  const { answer: shared } = useAnswer<{ nodes: readonly { id?: string; nodeId?: string }[] }>(
    'api/v1/nodes',
    REFRESH_MS,
  );
  return (
    <Card id="health" title={t('set.health')} trouble={trouble}>
      <dl class="facts">
        <div>
          <dt>{t('set.ready')}</dt>
          <dd data-tone={ready?.ready ? 'good' : 'bad'}>
            {ready === undefined ? '–' : ready.ready ? t('set.yes') : t('set.no')}
          </dd>
        </div>
        {Object.entries(ready?.checks ?? {}).map(([name, value]) => (
          <div key={name}>
            <dt>{words(name)}</dt>
            <dd>{value === true ? t('set.yes') : value === false ? t('set.no') : plain(String(value))}</dd>
          </div>
        ))}
        <div>
          <dt>{t('set.version')}</dt>
          <dd>{health?.version ?? '–'}</dd>
        </div>
        <div>
          <dt>{t('set.nodes')}</dt>
          <dd>{Math.max(1, shared?.nodes.length ?? 1)}</dd>
        </div>
        <div>
          <dt>{t('set.you')}</dt>
          <dd>
            {plain(who.value?.who ?? '')}
            <span class="fact-small">{term(who.value?.role ?? '')}</span>
          </dd>
        </div>
      </dl>
      <p class="card-acts">
        <FetchedFile name="metrics.txt" label={t('set.metrics')} path="metrics" />
        <FetchedFile name="openapi.json" label="OpenAPI" path="api/v1/openapi.json" />
      </p>
    </Card>
  );
}

function Stop() {
  const { answer, trouble, again } = useAnswer<{ stopped: boolean }>('api/v1/bidding', REFRESH_MS);
  const [sure, setSure] = useState(false);
  const [failed, setFailed] = useState<string | undefined>(undefined);
  const set = async (stopped: boolean): Promise<void> => {
    setSure(false);
    try {
      await request('api/v1/bidding', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ stopped }),
      });
      again();
    } catch (error) {
      setFailed(messageOf(error));
    }
  };
  const stopped = answer?.stopped ?? false;
  return (
    <Card id="stop" title={t('set.stop')} hint={t('set.stopHint')} trouble={failed ?? trouble}>
      <p class="card-acts">
        <span class="badge" data-tone={stopped ? 'care' : 'good'}>
          {stopped ? t('set.stopped') : t('set.bidding')}
        </span>
        {sure ? (
          <>
            <button type="button" class="button button-main" onClick={() => void set(!stopped)}>
              {t('unlock.confirm')}
            </button>
            <button type="button" class="button" onClick={() => setSure(false)}>
              {t('unlock.cancel')}
            </button>
          </>
        ) : (
          <button type="button" class="button" onClick={() => setSure(true)}>
            {stopped ? t('set.start') : t('set.stopNow')}
          </button>
        )}
      </p>
    </Card>
  );
}

interface ExchangeView {
  readonly id: string;
  readonly name?: string;
  readonly version: string;
  readonly dialect: string;
  readonly billing: string;
  readonly priceCodec: string;
  readonly currency: string;
}

function Exchanges() {
  const { answer, trouble } = useAnswer<{ items: ExchangeView[] }>('api/v1/exchanges', REFRESH_MS);
  const { answer: sums } = useAnswer<{
    rows: readonly {
      key: { exchange?: string };
      bids: number;
      wins: number;
      impressions: number;
      spendMicros: number;
    }[];
  }>('api/v1/reports?dimensions=exchange', REFRESH_MS);
  const { count, money, share } = format.value;
  const { answer: timing } = useAnswer<{
    items: readonly { exchangeId: string; share: number; marginMs: number; lateShare?: number }[];
  }>('api/v1/timing', REFRESH_MS);
  const timingOf = (id: string) => timing?.items.find(({ exchangeId }) => exchangeId === id);
  const sumOf = (id: string) => sums?.rows.find(({ key }) => key.exchange === id);
  return (
    <Card id="exchanges" title={t('set.exchanges')} trouble={trouble}>
      <Table
        label={t('set.exchanges')}
        rows={answer?.items ?? []}
        keyOf={({ id }) => id}
        empty={t('say.counting')}
        columns={[
          {
            key: 'name',
            name: t('explain.exchange'),
            cell: ({ id, name = id }) => (
              <>
                {plain(name)} <span class="soft">{plain(id)}</span>
              </>
            ),
          },
          {
            key: 'dialect',
            name: t('set.dialect'),
            cell: ({ dialect, version }) => `${plain(dialect)} ${plain(version)}`,
          },
          { key: 'billing', name: t('set.billing'), cell: ({ billing }) => term(billing) },
          {
            key: 'codec',
            name: t('set.codec'),
            cell: ({ priceCodec, currency }) => `${plain(priceCodec)}, ${plain(currency)}`,
          },
          {
            key: 'looked',
            name: t('set.looked'),
            hint: t('set.lookedHint'),
            number: true,
            cell: ({ id }) => share(timingOf(id)?.share ?? 1, 1),
          },
          {
            key: 'margin',
            name: t('set.margin'),
            hint: t('set.marginHint'),
            number: true,
            cell: ({ id }) => t('set.ms', { n: timingOf(id)?.marginMs ?? 0 }),
          },
          { key: 'bids', name: t('set.bids'), number: true, cell: ({ id }) => count(sumOf(id)?.bids ?? 0) },
          {
            key: 'rate',
            name: t('tile.winRate'),
            number: true,
            cell: ({ id }) => share(sumOf(id)?.wins ?? 0, sumOf(id)?.bids ?? 0),
          },
          {
            key: 'spend',
            name: t('col.spend'),
            number: true,
            cell: ({ id }) => money(sumOf(id)?.spendMicros ?? 0),
          },
        ]}
      />
    </Card>
  );
}

function Privacy() {
  const { answer } = useAnswer<{ days: Readonly<Record<string, number>>; suppressedIds: number }>(
    'api/v1/privacy',
  );
  if (!answer) return null;
  return (
    <Card id="privacy" title={t('set.privacy')} hint={t('set.privacyHint')}>
      <dl class="facts">
        {Object.entries(answer.days).map(([name, days]) => (
          <div key={name}>
            <dt>{words(name.replace(/([A-Z])/g, '_$1').toLowerCase())}</dt>
            <dd>{t('conv.days', { n: days })}</dd>
          </div>
        ))}
        <div>
          <dt>{t('set.suppressed')}</dt>
          <dd>{format.value.count(answer.suppressedIds)}</dd>
        </div>
      </dl>
    </Card>
  );
}
