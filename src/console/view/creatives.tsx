/** Creatives of one line item: what each has shown, two slots against each other, and what works with whom. */

import type { CreativeView, ElementView, RateView, ShownView, StateName } from '../creatives-model.ts';
import { scaleOf, stateOf } from '../creatives-model.ts';
import {
  chooseLine,
  chosenLine,
  creatives,
  creativesTrouble,
  templated,
  withWhom,
} from '../creatives-state.ts';
import { plain, words } from '../format.ts';
import { t, term } from '../language.ts';
import { format } from '../state.ts';
import { CreativeMatrix } from './creative-matrix.tsx';
import { Interval } from './interval.tsx';
import { LineChoice } from './line-choice.tsx';
import { WithWhom } from './with-whom.tsx';

/** `fixed`: of the line item whose page this is. */
export function Creatives({ fixed = false }: { readonly fixed?: boolean }) {
  const view = creatives.value;
  return (
    <section class="card creatives" aria-labelledby="creatives-title" aria-busy={view === undefined}>
      <div class="card-head">
        <h2 id="creatives-title">{t('creatives.title')}</h2>
        <p class="hint">{t('creatives.hint')}</p>
        {!fixed && <LineChoice chosen={chosenLine.value} onChoose={chooseLine} />}
      </div>
      {view ? <Table /> : <p class="empty">{creativesTrouble.value ?? t('say.counting')}</p>}
      {view && templated.value && <CreativeMatrix />}
      {view && withWhom.value && <WithWhom />}
    </section>
  );
}

const COLUMNS = [
  'creatives.creative',
  'col.status',
  'creatives.rate',
  'creatives.best',
  'creatives.loss',
  'col.impressions',
  'col.clicks',
  'col.conversions',
] as const;

function Table() {
  const { creatives: all, reward } = creatives.value!;
  const rateOf = ({ clickRate, conversionRate }: CreativeView): RateView =>
    reward === 'clicks' ? clickRate : conversionRate;
  const scale = scaleOf(all.map(rateOf));
  return (
    <div class="creatives-scroll">
      <table class="creatives-table">
        <thead>
          <tr>
            {COLUMNS.map((name) => (
              <th key={name} scope="col" title={hintOf(name)}>
                {t(name, { reward: term(reward) })}
              </th>
            ))}
          </tr>
        </thead>
        {all.map((creative) => (
          <tbody key={creative.creativeId}>
            <Row
              name={creative.creativeId}
              shown={creative}
              rate={rateOf(creative)}
              scale={scale}
              rivals={all.length}
              tired={creative.fatigue?.lost}
            />
            {creative.slots.map(({ slot, elements }) => (
              <Elements key={slot} slot={slot} elements={elements} />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function hintOf(column: (typeof COLUMNS)[number]): string | undefined {
  if (column === 'creatives.best') return t('creatives.bestHint');
  return column === 'creatives.loss' ? t('creatives.lossHint') : undefined;
}

function Elements({ slot, elements }: { readonly slot: string; readonly elements: readonly ElementView[] }) {
  const scale = scaleOf(elements.map(({ rate }) => rate));
  return (
    <>
      <tr class="creatives-slot">
        <th scope="rowgroup" colSpan={COLUMNS.length}>
          {words(slot)}
        </th>
      </tr>
      {elements.map((element) => (
        <Row
          key={element.element}
          name={element.element}
          shown={element}
          rate={element.rate}
          scale={scale}
          rivals={elements.length}
          isElement
        />
      ))}
    </>
  );
}

interface RowProps {
  readonly name: string;
  readonly shown: ShownView & { readonly fatigued?: boolean };
  readonly rate: RateView;
  readonly scale: number;
  readonly rivals: number;
  readonly tired?: number | undefined;
  readonly isElement?: boolean;
}

function Row({ name, shown, rate, scale, rivals, tired, isElement = false }: RowProps) {
  const { count } = format.value;
  const state = stateOf(shown, rivals);
  return (
    <tr class={isElement ? 'creatives-element' : 'creatives-creative'} data-name={name}>
      <th scope="row" title={plain(name, 300)}>
        {plain(name)}
      </th>
      <td>
        <span class="badge" data-tone={TONES[state]}>
          {state === 'tired' && tired !== undefined
            ? t('creatives.tired', { share: percent(tired) })
            : term(state)}
        </span>
      </td>
      <td>
        <Interval rate={rate} scale={scale} />
      </td>
      <td>{rivals > 1 ? percent(shown.chanceToBeBest) : '–'}</td>
      <td>{rivals > 1 ? (1000 * shown.expectedLoss).toFixed(2) : '–'}</td>
      <td>{count(shown.impressions)}</td>
      <td>{count(shown.clicks)}</td>
      <td>{count(shown.conversions)}</td>
    </tr>
  );
}

const TONES: Readonly<Record<StateName, string>> = {
  paused: 'quiet',
  tired: 'care',
  hopeless: 'care',
  best: 'good',
  running: 'good',
  learning: 'quiet',
};

function percent(share: number): string {
  return format.value.share(Math.max(0, share), 1);
}
