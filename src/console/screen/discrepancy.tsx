/** Our counts against the exchanges' own: what differs on which day, why, and the way to send a report. */
import { useSignal } from '@preact/signals';
import { useAnswer } from '../ask.ts';
import { messageOf, request } from '../client.ts';
import { NONE, plain } from '../format.ts';
import { t } from '../language.ts';
import { format } from '../state.ts';
import { Card } from '../view/card.tsx';
import { Table } from '../view/table.tsx';

const DAYS_SHOWN = 31;

interface Counts {
  readonly impressions: number;
  readonly spendMicros: number;
}

interface Compared {
  readonly ours: Counts;
  readonly theirs: Counts;
  readonly impressionsOff?: number;
  readonly spendOff?: number;
  readonly isOver: boolean;
}

interface Comparison {
  readonly exchangeId: string;
  readonly timeZone: string;
  readonly threshold: number;
  readonly isOver: boolean;
  readonly total: Compared;
  readonly causes: readonly {
    readonly kind: string;
    readonly explains: number;
    readonly message: string;
    readonly remedy: string;
  }[];
  readonly days: readonly (Compared & { readonly day: string; readonly isOpen: boolean })[];
}

export function DiscrepancyCard() {
  const { answer, trouble, again } = useAnswer<{ items: Comparison[] }>('api/v1/discrepancy');
  const { answer: known } = useAnswer<{ items: { id: string }[] }>('api/v1/exchanges');
  return (
    <Card id="discrepancy" title={t('discrepancy.title')} hint={t('discrepancy.hint')} trouble={trouble}>
      <Upload exchanges={known?.items.map(({ id }) => id) ?? []} onTaken={again} />
      {answer?.items.length === 0 && <p class="empty">{t('discrepancy.none')}</p>}
      {answer?.items.map((one) => (
        <One key={one.exchangeId} comparison={one} />
      ))}
    </Card>
  );
}

function One({ comparison }: { readonly comparison: Comparison }) {
  const { exchangeId, timeZone, isOver, causes, days, total, threshold } = comparison;
  const { count, money, share } = format.value;
  const rows = [
    { ...total, day: t('discrepancy.total'), isOpen: false },
    ...days.slice(-DAYS_SHOWN).toReversed(),
  ];
  return (
    <>
      <h3 class="card-text">
        {plain(exchangeId)} <span class="soft">{plain(timeZone)}</span>
      </h3>
      <p class={isOver ? 'trouble' : 'card-text soft'}>
        {isOver
          ? t('discrepancy.over', { share: share(threshold, 1) })
          : t('discrepancy.fine', { share: share(threshold, 1) })}
      </p>
      {isOver && causes.length === 0 && <p class="card-text soft">{t('discrepancy.unknown')}</p>}
      {causes.map(({ kind, explains, message, remedy }) => (
        <p key={kind} class="card-text">
          {plain(message, 400)} {plain(remedy, 400)}{' '}
          <span class="soft">{t('discrepancy.explains', { share: share(explains, 1) })}</span>
        </p>
      ))}
      <Table
        label={t('discrepancy.table', { exchange: plain(exchangeId) })}
        rows={rows}
        keyOf={({ day }) => day}
        empty={t('discrepancy.none')}
        columns={[
          {
            key: 'day',
            name: t('discrepancy.day'),
            cell: ({ day, isOpen }) => (isOpen ? `${day} ${t('discrepancy.open')}` : day),
          },
          {
            key: 'ours',
            name: t('discrepancy.ours'),
            number: true,
            cell: ({ ours }) => count(ours.impressions),
          },
          {
            key: 'theirs',
            name: t('discrepancy.theirs'),
            number: true,
            cell: ({ theirs }) => count(theirs.impressions),
          },
          {
            key: 'off',
            name: t('discrepancy.off'),
            number: true,
            cell: ({ impressionsOff }) => offText(impressionsOff),
          },
          {
            key: 'ourSpend',
            name: t('discrepancy.ourSpend'),
            number: true,
            cell: ({ ours }) => money(ours.spendMicros),
          },
          {
            key: 'theirSpend',
            name: t('discrepancy.theirSpend'),
            number: true,
            cell: ({ theirs }) => money(theirs.spendMicros),
          },
          {
            key: 'spendOff',
            name: t('discrepancy.off'),
            number: true,
            cell: ({ spendOff }) => offText(spendOff),
          },
        ]}
      />
    </>
  );
}

function offText(off: number | undefined): string {
  if (off === undefined) return NONE;
  return `${off < 0 ? '−' : '+'}${Math.abs(100 * off).toFixed(1)} %`;
}

interface UploadProps {
  readonly exchanges: readonly string[];
  onTaken(): void;
}

function Upload({ exchanges, onTaken }: UploadProps) {
  const exchange = useSignal('');
  const zone = useSignal('UTC');
  const said = useSignal<{ readonly text: string; readonly isTrouble: boolean } | undefined>(undefined);
  const chosen = exchange.value === '' ? (exchanges[0] ?? '') : exchange.value;
  const send = async (file: File): Promise<void> => {
    const query = new URLSearchParams({ exchange: chosen, time_zone: zone.value });
    try {
      const answer = await request(`api/v1/discrepancy?${query}`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv' },
        body: await file.text(),
      });
      const { days } = (await answer.json()) as { readonly days: number };
      said.value = { text: t('discrepancy.taken', { n: days }), isTrouble: false };
      onTaken();
    } catch (error) {
      said.value = { text: messageOf(error), isTrouble: true };
    }
  };
  return (
    <div class="form">
      <label class="field">
        <span>{t('discrepancy.exchange')}</span>
        <select
          value={chosen}
          onChange={(event) => {
            exchange.value = event.currentTarget.value;
          }}
        >
          {exchanges.map((id) => (
            <option key={id} value={id}>
              {plain(id)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{t('discrepancy.zone')}</span>
        <input
          value={zone.value}
          onInput={(event) => {
            zone.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="field">
        <span>{t('discrepancy.file')}</span>
        <input
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          disabled={chosen === ''}
          onChange={(event) => {
            const input = event.currentTarget;
            const [file] = input.files ?? [];
            if (file) void send(file);
            // The same file may be sent again when it was put right.
            input.value = '';
          }}
        />
      </label>
      {said.value && (
        <p class={said.value.isTrouble ? 'trouble' : 'soft'} role={said.value.isTrouble ? 'alert' : 'status'}>
          {said.value.text}
        </p>
      )}
    </div>
  );
}
