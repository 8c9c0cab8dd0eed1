/** One bid request, judged now: what each line item would do with it, and why. */
import { useSignal } from '@preact/signals';
import { EXAMPLE_REQUEST } from '../example-request.ts';
import { NONE, plain, words } from '../format.ts';
import type { ExplainedLineView, ExplanationView } from '../model.ts';
import { explain, explaining, explainTrouble, explanation, format } from '../state.ts';

export function Explain() {
  const exchange = useSignal('example');
  const text = useSignal('');
  const submit = (event: Event): void => {
    event.preventDefault();
    void explain(exchange.value.trim(), text.value);
  };
  return (
    <section class="card explain" aria-labelledby="explain-title">
      <div class="card-head">
        <h2 id="explain-title">Explain a request</h2>
        <p class="hint">Nothing is bid, held or remembered.</p>
      </div>
      <form class="explain-form" onSubmit={submit}>
        <label class="field field-request">
          <span>Bid request (OpenRTB 2.x JSON)</span>
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
            <span>Exchange</span>
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
            Fill in an example
          </button>
          <button type="submit" class="button button-main" disabled={explaining.value}>
            Explain
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
        <strong>{trace.bid ? 'Bid' : 'No bid'}</strong>
        {trace.reason !== undefined && <span>: {words(trace.reason).toLowerCase()}</span>}
        <span class="verdict-request">request {plain(trace.requestId, 64)}</span>
      </p>
      {trace.remedy !== undefined && <p class="remedy">{trace.remedy}</p>}
      <p class="identity">
        Identity: {words(trace.identity).toLowerCase()}
        {trace.packs.length > 0 && `; in packs ${trace.packs.map((pack) => plain(pack, 64)).join(', ')}`}
      </p>
      {trace.impressions.map((impression) => (
        <section key={impression.impressionId} class="trace-impression">
          <h3>Impression {plain(impression.impressionId, 64)}</h3>
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
      <span class="trace-stage">{line.bids ? 'Bid' : words(line.stage)}</span>
      <span class="trace-why">{line.bids ? offerWords(line) : refusalWords(line)}</span>
    </li>
  );
}

function offerWords(line: ExplainedLineView): string {
  const { exact } = format.value;
  const worth = line.valueCpmMicros === undefined ? '' : `, worth ${exact(line.valueCpmMicros)}`;
  const { weighedBy: weight } = line;
  const weighed = weight ? `, ×${weight.multiplier} for ${plain(weight.audience, 64)}` : '';
  return `${exact(line.bidCpmMicros)} CPM with ${plain(line.creativeId ?? NONE, 64)}${worth}${weighed}`;
}

function refusalWords(line: ExplainedLineView): string {
  const by =
    line.refusedBy.length > 0 ? ` (${line.refusedBy.map((key) => words(key).toLowerCase()).join(', ')})` : '';
  return `${words(line.verdict)}${by}. ${line.remedy}`;
}
