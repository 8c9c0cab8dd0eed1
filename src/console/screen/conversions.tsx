/** Conversions: the actions that count, how long they take to come, and who gets the credit by which model. */
import { useSignal } from '@preact/signals';
import { useAnswer } from '../ask.ts';
import { plain, words } from '../format.ts';
import { t, term } from '../language.ts';
import { format, names, overview } from '../state.ts';
import { Card } from '../view/card.tsx';
import { Chart } from '../view/chart.tsx';
import { LineChoice } from '../view/line-choice.tsx';
import { Table } from '../view/table.tsx';

const REFRESH_MS = 10_000;
const HOUR_MS = 3_600_000;

export function ConversionsScreen() {
  return (
    <>
      <Actions />
      <Delays />
      <Attribution />
    </>
  );
}

interface ActionView {
  readonly id: string;
  readonly name?: string;
  readonly status?: string;
  readonly advertiserId: string;
  readonly clickWindowHours: number;
  readonly viewWindowHours: number;
  readonly counting: string;
  readonly valueMicros?: number;
}

function Actions() {
  const { answer, trouble } = useAnswer<{ items: ActionView[] }>('api/v1/conversion-actions', REFRESH_MS);
  const { money } = format.value;
  return (
    <Card id="actions" title={t('conv.actions')} hint={t('conv.actionsHint')} trouble={trouble}>
      <Table
        label={t('conv.actions')}
        rows={answer?.items ?? []}
        keyOf={({ id }) => id}
        empty={answer ? t('conv.none') : t('say.counting')}
        columns={[
          {
            key: 'name',
            name: t('conv.action'),
            cell: ({ id, name = id }) => (
              <>
                {plain(name)} <span class="soft">{plain(id)}</span>
              </>
            ),
          },
          { key: 'status', name: t('col.status'), cell: ({ status = 'active' }) => term(status) },
          { key: 'advertiser', name: t('conv.advertiser'), cell: ({ advertiserId }) => plain(advertiserId) },
          {
            key: 'click',
            name: t('conv.click'),
            number: true,
            cell: (one) => windowText(one.clickWindowHours),
          },
          { key: 'view', name: t('conv.view'), number: true, cell: (one) => windowText(one.viewWindowHours) },
          { key: 'counting', name: t('conv.counting'), cell: ({ counting }) => term(counting) },
          {
            key: 'value',
            name: t('conv.value'),
            number: true,
            cell: ({ valueMicros }) => money(valueMicros),
          },
        ]}
      />
    </Card>
  );
}

function windowText(hours: number): string {
  if (hours === 0) return t('conv.off');
  return hours % 24 === 0 ? t('conv.days', { n: hours / 24 }) : t('conv.hours', { n: hours });
}

interface DelaysAnswer {
  readonly learned: boolean;
  readonly points: readonly { readonly untilMs: number; readonly share: number }[];
}

function Delays() {
  const chosen = useSignal<string | undefined>(undefined);
  const first = overview.value?.campaigns
    .flatMap(({ lines }) => lines)
    .toSorted((a, b) => b.conversions - a.conversions)[0]?.id;
  chosen.value ??= first;
  const id = chosen.value;
  const { answer, trouble } = useAnswer<DelaysAnswer>(
    id === undefined ? undefined : `api/v1/line-items/${encodeURIComponent(id)}/delays`,
    REFRESH_MS,
  );
  const { share } = format.value;
  // Half of them come within an hour and the rest over weeks: only the logarithm of time shows both.
  const points = (answer?.points ?? []).map(({ untilMs, share: y }) => ({
    x: Math.log10(untilMs / HOUR_MS),
    y,
  }));
  return (
    <Card id="delays" title={t('conv.delays')} hint={t('conv.delaysHint')} trouble={trouble}>
      <div class="form">
        <LineChoice
          chosen={id}
          onChoose={(next) => {
            chosen.value = next;
          }}
        />
        {answer && <p class="soft">{answer.learned ? t('conv.learned') : t('conv.published')}</p>}
      </div>
      <Chart
        label={t('conv.delays')}
        series={[{ name: t('conv.come'), tone: 'main', points }]}
        xText={(x) => ageText(10 ** x)}
        yText={(y) => share(y, 1)}
      />
    </Card>
  );
}

function ageText(hours: number): string {
  if (hours < 1) return t('conv.minutes', { n: Math.round(60 * hours) });
  return hours < 48
    ? t('conv.hours', { n: Math.round(hours) })
    : t('conv.days', { n: Math.round(hours / 24) });
}

interface AttributionAnswer {
  readonly models: readonly { readonly name: string; readonly about: string }[];
  readonly conversions: number;
  readonly misses: number;
  readonly isCutOff: boolean;
  readonly rows: readonly { readonly channel: string; readonly credits: Readonly<Record<string, number>> }[];
}

const BY = ['line_item', 'campaign', 'creative'] as const;
const DATES = ['conversion', 'touch'] as const;

function Attribution() {
  const by = useSignal<string>('line_item');
  const date = useSignal<string>('conversion');
  const { answer, trouble } = useAnswer<AttributionAnswer>(
    `api/v1/reports/attribution?by=${by.value}&date=${date.value}`,
    REFRESH_MS,
  );
  const { count } = format.value;
  const rows = (answer?.rows ?? []).filter(({ credits }) =>
    Object.values(credits).some((credit) => credit > 0),
  );
  const most = Math.max(1e-9, ...rows.flatMap(({ credits }) => Object.values(credits)));
  return (
    <Card id="attribution" title={t('conv.attribution')} hint={t('conv.attributionHint')} trouble={trouble}>
      <div class="form">
        <label class="field">
          <span>{t('conv.by')}</span>
          <select
            value={by.value}
            onChange={(event) => {
              by.value = event.currentTarget.value;
            }}
          >
            {BY.map((one) => (
              <option key={one} value={one}>
                {term(one)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t('conv.date')}</span>
          <select
            value={date.value}
            onChange={(event) => {
              date.value = event.currentTarget.value;
            }}
          >
            {DATES.map((one) => (
              <option key={one} value={one}>
                {one === 'conversion' ? t('conv.dateConversion') : t('conv.dateTouch')}
              </option>
            ))}
          </select>
        </label>
        {answer && (
          <p class="soft">
            {t('conv.paths', { n: count(answer.conversions), misses: count(answer.misses) })}
            {answer.isCutOff && ` ${t('conv.cutOff')}`}
          </p>
        )}
      </div>
      <Table
        label={t('conv.attribution')}
        rows={rows}
        keyOf={({ channel }) => channel}
        empty={answer ? t('conv.noPaths') : t('say.counting')}
        columns={[
          {
            key: 'channel',
            name: term(by.value),
            cell: ({ channel }) => plain(names.value.get(`${by.value}/${channel}`) ?? channel),
          },
          ...(answer?.models ?? []).map(({ name, about }) => ({
            key: name,
            name: term(name) === words(name) ? words(name) : term(name),
            hint: about,
            number: true,
            cell: ({ credits }: AttributionAnswer['rows'][number]) => (
              <span class="credit">
                {(credits[name] ?? 0).toFixed(1)}
                <span
                  class="credit-bar"
                  style={{ width: `${((100 * (credits[name] ?? 0)) / most).toFixed(1)}%` }}
                />
              </span>
            ),
          })),
        ]}
      />
    </Card>
  );
}
