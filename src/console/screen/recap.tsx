/** Recap of a period: what worked, what changed, what carried it, and what to try next. */
import { useSignal } from '@preact/signals';
import { useAnswer } from '../ask.ts';
import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import { format, names, overview } from '../state.ts';
import { Card } from '../view/card.tsx';
import { FetchedFile } from '../view/download.tsx';
import { Table } from '../view/table.tsx';

interface Sums {
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly spendMicros: number;
  readonly cpaMicros?: number;
}

interface Part extends Sums {
  readonly dimension: string;
  readonly id: string;
  readonly resultShare: number;
  readonly spendShare: number;
}

interface RecapView {
  readonly fromMs: number;
  readonly toMs: number;
  readonly measuredBy: string;
  readonly period: Sums;
  readonly before: Sums;
  readonly carried: readonly Part[];
  readonly worked: readonly Part[];
  readonly failed: readonly Part[];
  readonly changes: readonly {
    readonly atMs: number;
    readonly who: string;
    readonly what: string;
    readonly why: string;
  }[];
  readonly next: readonly string[];
}

const DAYS = [1, 7, 30] as const;
const DAY_MS = 86_400_000;

export function RecapScreen() {
  const days = useSignal<number>(7);
  const campaign = useSignal('');
  // Asked once for a choice, and not with each second of the clock.
  const nowMs = useSignal<number | undefined>(undefined);
  nowMs.value ??= overview.value?.nowMs;
  const query = new URLSearchParams();
  if (nowMs.value !== undefined) query.set('from', String(Math.round(nowMs.value - days.value * DAY_MS)));
  if (campaign.value !== '') query.set('campaign', campaign.value);
  const path = `api/v1/recap?${query}`;
  const { answer, trouble } = useAnswer<RecapView>(nowMs.value === undefined ? undefined : path);
  return (
    <>
      <Card id="recap" title={t('recap.title')} hint={t('recap.hint')} trouble={trouble}>
        <div class="form">
          <label class="field">
            <span>{t('recap.period')}</span>
            <select
              value={days.value}
              onChange={(event) => {
                days.value = Number(event.currentTarget.value);
              }}
            >
              {DAYS.map((one) => (
                <option key={one} value={one}>
                  {t('recap.days', { n: one })}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{t('col.campaign')}</span>
            <select
              value={campaign.value}
              onChange={(event) => {
                campaign.value = event.currentTarget.value;
              }}
            >
              <option value="">{t('lines.all')}</option>
              {overview.value?.campaigns.map(({ id, name }) => (
                <option key={id} value={id}>
                  {plain(name)}
                </option>
              ))}
            </select>
          </label>
          <FetchedFile name="recap.md" label={t('recap.markdown')} path={`${path}&format=markdown`} />
          <button type="button" class="button" onClick={() => print()}>
            {t('recap.print')}
          </button>
        </div>
        {answer ? (
          <Totals recap={answer} />
        ) : (
          trouble === undefined && <p class="empty">{t('say.counting')}</p>
        )}
      </Card>
      {answer && (
        <Parts id="worked" title={t('recap.worked')} parts={answer.worked} measuredBy={answer.measuredBy} />
      )}
      {answer && (
        <Parts id="failed" title={t('recap.failed')} parts={answer.failed} measuredBy={answer.measuredBy} />
      )}
      {answer && (
        <Parts
          id="carried"
          title={t('recap.carried')}
          parts={answer.carried}
          measuredBy={answer.measuredBy}
        />
      )}
      {answer && <Rest recap={answer} />}
    </>
  );
}

function Totals({ recap: { period, before } }: { readonly recap: RecapView }) {
  const { count, money } = format.value;
  const rows: readonly [string, string, string][] = [
    [t('col.spend'), money(period.spendMicros), money(before.spendMicros)],
    [t('col.impressions'), count(period.impressions), count(before.impressions)],
    [t('col.clicks'), count(period.clicks), count(before.clicks)],
    [t('col.conversions'), count(period.conversions), count(before.conversions)],
    [t('col.cpa'), money(period.cpaMicros), money(before.cpaMicros)],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, now, was]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {now}
            <span class="fact-small">{t('recap.before', { was })}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface PartsProps {
  readonly id: string;
  readonly title: string;
  readonly parts: readonly Part[];
  readonly measuredBy: string;
}

function Parts({ id, title, parts, measuredBy }: PartsProps) {
  const { count, money, share } = format.value;
  return (
    <Card id={id} title={title}>
      <Table
        label={title}
        rows={parts}
        keyOf={(part) => `${part.dimension}/${part.id}`}
        empty={t('recap.nothing')}
        columns={[
          {
            key: 'part',
            name: t('recap.part'),
            cell: ({ dimension, id: part }) => (
              <>
                {plain(names.value.get(`${dimension}/${part}`) ?? part)}{' '}
                <span class="soft">{term(dimension)}</span>
              </>
            ),
          },
          { key: 'spend', name: t('col.spend'), number: true, cell: (part) => money(part.spendMicros) },
          {
            key: 'spendShare',
            name: t('recap.spendShare'),
            number: true,
            cell: (part) => share(part.spendShare, 1),
          },
          {
            key: 'results',
            name: term(measuredBy),
            number: true,
            cell: (part) => count(measuredBy === 'conversions' ? part.conversions : part.clicks),
          },
          {
            key: 'resultShare',
            name: t('recap.resultShare'),
            number: true,
            cell: (part) => share(part.resultShare, 1),
          },
          { key: 'cpa', name: t('col.cpa'), number: true, cell: (part) => money(part.cpaMicros) },
        ]}
      />
    </Card>
  );
}

function Rest({ recap: { changes, next } }: { readonly recap: RecapView }) {
  return (
    <>
      <Card id="next" title={t('recap.next')}>
        {next.length === 0 ? (
          <p class="empty">{t('recap.nothing')}</p>
        ) : (
          <ul class="card-text plain-list">
            {next.map((one) => (
              <li key={one}>{plain(one, 400)}</li>
            ))}
          </ul>
        )}
      </Card>
      <Card id="changed" title={t('recap.changes')}>
        {changes.length === 0 ? (
          <p class="empty">{t('history.none')}</p>
        ) : (
          <ul class="card-text plain-list">
            {changes.map(({ atMs, who, what, why }) => (
              <li key={`${atMs}/${what}`}>
                {format.value.time(atMs)}, {plain(who)}: {plain(what, 300)}{' '}
                {why !== '' && <q>{plain(why, 200)}</q>}
              </li>
            ))}
          </ul>
        )}
      </Card>
    </>
  );
}
