/** One bid request, judged now: what each line item would do with it, and why. */

import { useSignal } from '@preact/signals';
import { get, messageOf } from '../client.ts';
import { EXAMPLE_REQUEST } from '../example-request.ts';
import { NONE, plain } from '../format.ts';
import { t, term } from '../language.ts';
import type { ExplainedLineView, ExplanationView } from '../model.ts';
import { explain, explaining, explainTrouble, explanation, format } from '../state.ts';

interface Sampled {
  readonly exchangeId: string;
  readonly request: unknown;
}

export function Explain() {
  const exchange = useSignal('example');
  const text = useSignal('');
  /** Each press takes the one before. */
  const taken = useSignal(0);
  const fillSampled = async (): Promise<void> => {
    try {
      const { items } = await get<{ items: readonly Sampled[] }>('api/v1/requests');
      const sample = items[taken.value % Math.max(1, items.length)];
      taken.value += 1;
      if (!sample) return;
      exchange.value = sample.exchangeId;
      text.value = JSON.stringify(sample.request, undefined, 2);
    } catch (error) {
      explainTrouble.value = messageOf(error);
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void explain(exchange.value.trim(), text.value);
  };
  return (
    <section class="card explain" aria-labelledby="explain-title">
      <div class="card-head">
        <h2 id="explain-title">{t('explain.title')}</h2>
        <p class="hint">{t('explain.hint')}</p>
      </div>
      <form class="explain-form" onSubmit={submit}>
        <label class="field field-request">
          <span>{t('explain.request')}</span>
          <textarea
            rows={12}
            spellcheck={false}
            autocomplete="off"
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
        <div class="explain-actions">
          <label class="field field-exchange">
            <span>{t('explain.exchange')}</span>
            <input
              type="text"
              autocomplete="off"
              spellcheck={false}
              value={exchange.value}
              onInput={(event) => {
                exchange.value = event.currentTarget.value;
              }}
            />
          </label>
          <button
            type="button"
            class="button"
            onClick={() => {
              text.value = EXAMPLE_REQUEST;
            }}
          >
            {t('explain.example')}
          </button>
          <button type="button" class="button" onClick={() => void fillSampled()}>
            {t('explain.sampled')}
          </button>
          <button type="submit" class="button button-main" disabled={explaining.value}>
            {t('explain.run')}
          </button>
        </div>
      </form>
      <div class="explain-result" role="status" aria-busy={explaining.value}>
        {explainTrouble.value !== undefined && <p class="trouble">{plain(explainTrouble.value, 600)}</p>}
        {explanation.value && <Trace trace={explanation.value} />}
      </div>
    </section>
  );
}

function Trace({ trace }: { readonly trace: ExplanationView }) {
  return (
    <div class="trace">
      <p class="verdict" data-tone={trace.bid ? 'good' : 'care'}>
        <strong>{trace.bid ? t('explain.bid') : t('explain.noBid')}</strong>
        {trace.reason !== undefined && <span>: {term(trace.reason).toLowerCase()}</span>}
        <span class="verdict-request">{t('explain.requestId', { id: plain(trace.requestId, 64) })}</span>
      </p>
      {trace.remedy !== undefined && <p class="remedy">{trace.remedy}</p>}
      <p class="identity">
        {t('explain.identity')}: {term(trace.identity).toLowerCase()}
        {trace.packs.length > 0 &&
          `; ${t('explain.packs', { packs: trace.packs.map((pack) => plain(pack, 64)).join(', ') })}`}
      </p>
      {trace.impressions.map((impression) => (
        <section key={impression.impressionId} class="trace-impression">
          <h3>{t('explain.impression', { id: plain(impression.impressionId, 64) })}</h3>
          <ol class="trace-lines">
            {impression.lines.map((line) => (
              <TraceLine key={line.lineItemId} line={line} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

function TraceLine({ line }: { readonly line: ExplainedLineView }) {
  return (
    <li class="trace-line" data-tone={line.bids ? 'good' : 'quiet'}>
      <span class="trace-name">{plain(line.name)}</span>
      <span class="trace-stage">{line.bids ? t('explain.bid') : term(line.stage)}</span>
      <span class="trace-why">{line.bids ? offerWords(line) : refusalWords(line)}</span>
    </li>
  );
}

function offerWords(line: ExplainedLineView): string {
  const { exact } = format.value;
  const worth =
    line.valueCpmMicros === undefined ? '' : t('explain.worth', { price: exact(line.valueCpmMicros) });
  const { weighedBy: weight } = line;
  const weighed = weight
    ? t('explain.weighed', { factor: weight.multiplier, pack: plain(weight.audience, 64) })
    : '';
  const offer = { price: exact(line.bidCpmMicros), creative: plain(line.creativeId ?? NONE, 64) };
  return `${t('explain.offer', offer)}${worth}${weighed}`;
}

function refusalWords(line: ExplainedLineView): string {
  const by =
    line.refusedBy.length > 0 ? ` (${line.refusedBy.map((key) => term(key).toLowerCase()).join(', ')})` : '';
  return `${term(line.verdict)}${by}. ${line.remedy}`;
}
