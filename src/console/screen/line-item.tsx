/** One line item: where it stands and why, what steers it, what it spends, what other bids would win, and its editor with a forecast. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useAnswer } from '../ask.ts';
import { chooseLine } from '../creatives-state.ts';
import { NONE, plain } from '../format.ts';
import { t, term } from '../language.ts';
import type { LineObject } from '../line-model.ts';
import type { Figures, SteeringView } from '../model.ts';
import type { ChangeView } from '../news-model.ts';
import type { HourRow } from '../pacing-model.ts';
import { dayStartMs, evenPlan, perHour, spentSoFar } from '../pacing-model.ts';
import { patchLines } from '../patch-words.ts';
import { hrefOf } from '../route-model.ts';
import { format, overview, showLine, steering } from '../state.ts';
import { toneOf } from '../status-tone.ts';
import { Card } from '../view/card.tsx';
import type { Mark } from '../view/chart.tsx';
import { Chart } from '../view/chart.tsx';
import { Creatives } from '../view/creatives.tsx';
import { Editor } from '../view/editor.tsx';
import { Forecast } from '../view/forecast.tsx';
import { Funnel } from '../view/funnel.tsx';
import { Landscape } from '../view/landscape.tsx';
import { Today } from '../view/today.tsx';

const REFRESH_MS = 5_000;
const WEEK_MS = 7 * 86_400_000;
const MARKS = 20;

export function LineItemPage({ id }: { readonly id: string }) {
  const { answer: line, trouble } = useAnswer<LineObject>(
    `api/v1/line-items/${encodeURIComponent(id)}`,
    REFRESH_MS,
  );
  const patch = useSignal<unknown>(undefined);
  useEffect(() => {
    showLine(id);
    chooseLine(id);
  }, [id]);
  const campaign = overview.value?.campaigns.find((one) => one.lines.some((other) => other.id === id));
  const figures = campaign?.lines.find((one) => one.id === id);
  const steered = steering.value.find(({ lineItemId }) => lineItemId === id);
  if (trouble !== undefined && !line) return <p class="trouble">{trouble}</p>;
  return (
    <>
      <section class="card" aria-labelledby="line-title">
        <div class="card-head">
          <h2 id="line-title">{plain(line?.name ?? id)}</h2>
          <p class="hint">
            <a href={hrefOf('line-items')}>{t('nav.line-items')}</a> · {plain(campaign?.name ?? '')}
          </p>
          {figures && (
            <span class="badge" data-tone={toneOf(steered?.status ?? figures.status)}>
              {term(figures.status === 'active' ? (steered?.status ?? figures.status) : figures.status)}
            </span>
          )}
        </div>
        {steered && <p class="card-text">{plain(steered.why, 300)}</p>}
        {figures && <Scores figures={figures} />}
        <p class="card-acts">
          <a class="button" href={hrefOf('troubleshoot', id)}>
            {t('line.why')}
          </a>
        </p>
      </section>
      <section class="card" aria-labelledby="edit-title">
        <div class="card-head">
          <h2 id="edit-title">{t('line.settings')}</h2>
          <p class="hint">{t('line.settingsHint')}</p>
        </div>
        <div class="pair edit-pair">
          <Editor
            kind="line-items"
            id={id}
            name={line?.name ?? id}
            onPatch={(next) => {
              patch.value = next;
            }}
          />
          <Forecast id={id} patch={patch.value} />
        </div>
      </section>
      {line && <Strategy line={line} steered={steered} />}
      <Delivery id={id} line={line} figures={figures} />
      {line && <Landscape line={line} />}
      <section class="card" aria-labelledby="line-funnel">
        <div class="card-head">
          <h2 id="line-funnel">{t('line.funnel')}</h2>
        </div>
        <Funnel name={line?.name ?? id} />
      </section>
      <Creatives fixed />
    </>
  );
}

function Scores({ figures }: { readonly figures: Figures }) {
  const { count, money, share } = format.value;
  return (
    <dl class="facts">
      <Fact name={t('col.spendToday')}>
        <Today figures={figures} />
      </Fact>
      <Fact name={t('col.spend')}>{money(figures.spendMicros)}</Fact>
      <Fact name={t('col.wins')}>{count(figures.wins)}</Fact>
      <Fact name={t('col.impressions')}>{count(figures.impressions)}</Fact>
      <Fact name={t('col.ctr')}>{share(figures.clicks, figures.impressions)}</Fact>
      <Fact name={t('col.conversions')}>{count(figures.conversions)}</Fact>
      <Fact name={t('col.cpa')}>{money(figures.cpaMicros)}</Fact>
    </dl>
  );
}

interface FactProps {
  readonly name: string;
  readonly children: preact.ComponentChildren;
  readonly tone?: 'good' | 'bad' | undefined;
}

function Fact({ name, children, tone }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-tone={tone}>{children}</dd>
    </div>
  );
}

/** Buyers know the rule of fifty: from so many results on, rates are mostly the line item's own. */
const LEARNED_FROM = 50;

function Strategy({
  line,
  steered,
}: {
  readonly line: LineObject;
  readonly steered: SteeringView | undefined;
}) {
  const { exact, count, share } = format.value;
  const amount = (key: string): string => {
    const value = line.bid[key];
    return typeof value === 'number' ? exact(value) : NONE;
  };
  const over =
    steered?.targetMicros !== undefined &&
    steered.costMicros !== undefined &&
    steered.costMicros > 1.1 * steered.targetMicros;
  return (
    <Card id="strategy" title={t('line.strategy')} hint={term(line.bid.strategy)}>
      <dl class="facts">
        {steered ? (
          <>
            <Fact name={t('steer.target')}>{exact(steered.targetMicros)}</Fact>
            <Fact name={t('steer.cost')} tone={over ? 'bad' : 'good'}>
              {exact(steered.costMicros)}
            </Fact>
            <Fact name={t('col.results')}>
              {count(steered.results)}
              <span class="fact-small">{t('line.expected', { n: count(steered.expectedResults) })}</span>
            </Fact>
            <Fact name={t('steer.toCome')}>{share(1 - steered.maturedShare, 1)}</Fact>
            <Fact name={t('line.multiplier')}>
              ×{steered.factor.toFixed(2)}
              <span class="fact-small">
                {t('steer.byTarget')} ×{steered.targetFactor.toFixed(2)} · {t('steer.byBudget')} ×
                {steered.budgetFactor.toFixed(2)}
              </span>
            </Fact>
            <Fact name={t('line.guard')} tone={steered.status === 'stopped_by_guard' ? 'bad' : undefined}>
              {steered.status === 'stopped_by_guard' ? t('line.guardStopped') : t('line.guardOpen')}
              <span class="fact-small">
                {t('line.guardChance', { share: share(steered.guardChance, 1) })}
              </span>
            </Fact>
          </>
        ) : (
          <>
            <Fact name={t('edit.price')}>{amount('priceCpmMicros')}</Fact>
            <Fact name={t('edit.max')}>{amount('maxCpmMicros')}</Fact>
            <Fact name={t('edit.min')}>{amount('minCpmMicros')}</Fact>
          </>
        )}
        <Fact name={t('edit.pacing')}>{term(line.pacing ?? 'even')}</Fact>
      </dl>
      {steered && steered.results < LEARNED_FROM && (
        <div class="meter-wide">
          <p class="soft">{t('line.learning', { n: count(steered.results), of: LEARNED_FROM })}</p>
          <div class="meter">
            <div class="meter-fill" style={{ width: `${(100 * steered.results) / LEARNED_FROM}%` }} />
          </div>
        </div>
      )}
    </Card>
  );
}

interface DeliveryProps {
  readonly id: string;
  readonly line: LineObject | undefined;
  readonly figures: Figures | undefined;
}

function Delivery({ id, line, figures }: DeliveryProps) {
  const { money, count, hour } = format.value;
  const known = overview.value;
  // Whole minutes, so that the question stays the same while figures move.
  const nowMs = known?.nowMs;
  const startMs = nowMs === undefined ? undefined : dayStartMs(nowMs, known!.timeZone);
  const week = startMs === undefined ? undefined : startMs - WEEK_MS;
  const { answer } = useAnswer<{ rows: HourRow[] }>(
    week === undefined
      ? undefined
      : `api/v1/reports?dimensions=hour&line_item=${encodeURIComponent(id)}&from=${week}`,
    REFRESH_MS,
  );
  const { answer: made } = useAnswer<{ items: ChangeView[] }>(
    `api/v1/changes?kind=line-items&id=${encodeURIComponent(id)}&limit=${MARKS}`,
    REFRESH_MS,
  );
  if (nowMs === undefined || startMs === undefined) return null;
  const rows = answer?.rows ?? [];
  const marks = marksOf(made?.items ?? [], id);
  const daily = line?.budget?.['dailyMicros'] ?? figures?.dailyMicros;
  const today = spentSoFar(rows, startMs, nowMs);
  return (
    <>
      <Card id="pacing" title={t('line.pacing')} hint={t('line.pacingHint')}>
        <Chart
          label={t('line.pacing')}
          series={[
            { name: t('line.spent'), tone: 'main', points: today },
            ...(daily === undefined
              ? []
              : [{ name: t('line.plan'), tone: 'plan' as const, points: evenPlan(daily, startMs) }]),
          ]}
          marks={marks.filter(({ x }) => x >= startMs)}
          xText={hour}
          yText={money}
        />
      </Card>
      <Card id="delivery" title={t('line.delivery')} hint={t('line.deliveryHint')}>
        <Chart
          label={t('line.delivery')}
          series={[
            { name: t('col.impressions'), tone: 'main', points: perHour(rows, (row) => row.impressions) },
            { name: t('col.wins'), tone: 'second', points: perHour(rows, (row) => row.wins) },
          ]}
          marks={marks}
          xText={hour}
          yText={count}
        />
      </Card>
    </>
  );
}

function marksOf(changes: readonly ChangeView[], id: string): readonly Mark[] {
  return changes.map(({ atMs, number, objects, who }) => {
    const own = objects.find((one) => one.id === id);
    const lines = own ? patchLines(own.patch, own.before) : [];
    const what = lines.map(({ path, before, after }) => `${path}: ${before} → ${after}`).join(', ');
    return { x: atMs, text: plain(`${number} · ${who} · ${what}`, 200) };
  });
}
