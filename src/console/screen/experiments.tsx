/** Experiments: what runs and what it has shown, what one could find before it starts, and a new one. */
import { useState } from 'preact/hooks';
import { useAnswer } from '../ask.ts';
import { messageOf, post } from '../client.ts';
import type { Comparison, ExperimentObject, ExperimentResultsView } from '../experiment-model.ts';
import { armIds, verdictOf } from '../experiment-model.ts';
import { plain } from '../format.ts';
import { t, term } from '../language.ts';
import { refreshNews } from '../news-state.ts';
import { canApprove, canTrade } from '../session.ts';
import { format, names } from '../state.ts';
import { Card } from '../view/card.tsx';
import { Calculator } from '../view/experiment-calculator.tsx';
import { NewExperiment } from '../view/experiment-new.tsx';
import { Table } from '../view/table.tsx';

const REFRESH_MS = 5_000;

export function ExperimentsScreen() {
  const { answer, trouble, again } = useAnswer<{ items: ExperimentObject[] }>(
    'api/v1/experiments',
    REFRESH_MS,
  );
  const items = (answer?.items ?? []).toSorted((a, b) => rank(a) - rank(b));
  return (
    <>
      {trouble !== undefined && <p class="trouble">{trouble}</p>}
      {answer && items.length === 0 && (
        <Card id="none" title={t('nav.experiments')}>
          <p class="empty">{t('exp.none')}</p>
        </Card>
      )}
      {items.map((experiment) => (
        <Experiment key={experiment.id} experiment={experiment} onDeclared={again} />
      ))}
      <Calculator />
      {canTrade.value && <NewExperiment onMade={again} />}
    </>
  );
}

function rank({ status }: ExperimentObject): number {
  return status === 'active' ? 0 : 1;
}

interface ExperimentProps {
  readonly experiment: ExperimentObject;
  onDeclared(): void;
}

function Experiment({ experiment, onDeclared }: ExperimentProps) {
  const { id, name = id, lineItemId, campaignId, status } = experiment;
  const { answer: results, trouble } = useAnswer<ExperimentResultsView>(
    `api/v1/experiments/${encodeURIComponent(id)}/results`,
    REFRESH_MS,
  );
  const about =
    names.value.get(lineItemId === undefined ? `campaign/${campaignId}` : `line_item/${lineItemId}`) ??
    lineItemId ??
    campaignId ??
    '';
  return (
    <Card id={`experiment-${id}`} title={plain(name)} hint={plain(about)} trouble={trouble}>
      {status !== 'active' && <p class="card-text soft">{term(status ?? '')}</p>}
      {results ? (
        <Results experiment={experiment} results={results} onDeclared={onDeclared} />
      ) : (
        trouble === undefined && <p class="empty">{t('say.counting')}</p>
      )}
    </Card>
  );
}

interface ResultsProps {
  readonly experiment: ExperimentObject;
  readonly results: ExperimentResultsView;
  onDeclared(): void;
}

function Results({ experiment, results, onDeclared }: ResultsProps) {
  const { count, money, share } = format.value;
  const sound = results.sampleRatio.isSound;
  return (
    <>
      <p class="card-text" role="status">
        <span class="badge" data-tone={results.advice === 'wait' ? 'quiet' : 'good'}>
          {term(results.advice)}
        </span>{' '}
        {plain(results.why, 300)}
      </p>
      <Table
        label={t('exp.arms')}
        rows={results.arms}
        keyOf={({ armId }) => armId}
        empty=""
        columns={[
          { key: 'arm', name: t('exp.arm'), cell: ({ armId }) => plain(armId) },
          { key: 'people', name: t('exp.people'), number: true, cell: ({ people }) => count(people) },
          {
            key: 'impressions',
            name: t('col.impressions'),
            number: true,
            cell: (arm) => count(arm.impressions),
          },
          { key: 'clicks', name: t('col.clicks'), number: true, cell: (arm) => count(arm.clicks) },
          {
            key: 'conversions',
            name: t('col.conversions'),
            number: true,
            cell: (arm) => count(arm.conversions),
          },
          { key: 'spend', name: t('col.spend'), number: true, cell: (arm) => money(arm.spendMicros) },
          {
            key: 'rate',
            name: t('exp.rate', { metric: term(results.metric) }),
            number: true,
            cell: (arm) => (results.metric === 'value' ? money(arm.rate) : share(arm.rate, 1)),
          },
        ]}
      />
      {results.comparisons.map((comparison) => (
        <Compared key={`${comparison.armId}/${comparison.againstId}`} comparison={comparison} />
      ))}
      <p class="card-text" data-tone={sound ? undefined : 'bad'}>
        <span class="badge" data-tone={sound ? 'good' : 'care'}>
          {t('exp.ratio')}
        </span>{' '}
        {sound
          ? t('exp.ratioSound', { p: results.sampleRatio.p.toFixed(3) })
          : t('exp.ratioUnsound', { p: results.sampleRatio.p.toExponential(1) })}
        {results.elapsed !== undefined && ` ${t('exp.elapsed', { share: share(results.elapsed, 1) })}`}
      </p>
      {experiment.status === 'active' && canApprove.value && (
        <Declare experiment={experiment} advised={results.adviceArm} onDeclared={onDeclared} />
      )}
    </>
  );
}

function Compared({ comparison }: { readonly comparison: Comparison }) {
  const { share } = format.value;
  const { armId, againstId, lift, fixed, sequential, alwaysValid } = comparison;
  const signed = (value: number): string => `${value >= 0 ? '+' : '−'}${share(Math.abs(value), 1)}`;
  return (
    <dl class="facts" data-verdict={verdictOf(comparison)}>
      <div>
        <dt>{t('exp.against', { arm: plain(armId), other: plain(againstId) })}</dt>
        <dd data-tone={(lift ?? 0) >= 0 ? 'good' : 'bad'}>{lift === undefined ? '–' : signed(lift)}</dd>
      </div>
      <div>
        <dt>{t('exp.fixed')}</dt>
        <dd>
          p = {fixed.p.toFixed(4)}
          <span class="fact-small">{fixed.isReal ? t('exp.real') : t('exp.fixedWait')}</span>
        </dd>
      </div>
      {sequential && (
        <div>
          <dt>{t('exp.sequential')}</dt>
          <dd>
            |z| {Math.abs(fixed.z).toFixed(2)} / {sequential.bound > 100 ? '∞' : sequential.bound.toFixed(2)}
            <span class="fact-small">{sequential.isReal ? t('exp.real') : t('exp.notYet')}</span>
          </dd>
        </div>
      )}
      <div>
        <dt>{t('exp.always')}</dt>
        <dd>
          p = {alwaysValid.p.toFixed(4)}
          <span class="fact-small">{alwaysValid.isReal ? t('exp.real') : t('exp.notYet')}</span>
        </dd>
      </div>
      {comparison.incremental && (
        <div>
          <dt>{t('exp.incremental')}</dt>
          <dd>
            {comparison.incremental.results.toFixed(0)}
            <span class="fact-small">
              {t('interval.to', {
                low: comparison.incremental.low.toFixed(0),
                high: comparison.incremental.high.toFixed(0),
              })}
            </span>
          </dd>
        </div>
      )}
    </dl>
  );
}

interface DeclareProps {
  readonly experiment: ExperimentObject;
  readonly advised: string;
  onDeclared(): void;
}

function Declare({ experiment, advised, onDeclared }: DeclareProps) {
  const [asked, setAsked] = useState<string | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  const declare = async (arm: string): Promise<void> => {
    setAsked(undefined);
    try {
      const path = `api/v1/experiments/${encodeURIComponent(experiment.id)}/winner`;
      await post(path, { arm, reason: '' });
      onDeclared();
      void refreshNews();
    } catch (error) {
      setTrouble(messageOf(error));
    }
  };
  return (
    <div class="card-acts">
      {asked === undefined ? (
        armIds(experiment).map((arm) => (
          <button
            key={arm}
            type="button"
            class={`button${arm === advised ? ' button-main' : ''}`}
            onClick={() => setAsked(arm)}
          >
            {t('exp.declare', { arm: plain(arm) })}
          </button>
        ))
      ) : (
        <>
          <span>{t('exp.declareSure', { arm: plain(asked) })}</span>
          <button type="button" class="button button-main" onClick={() => void declare(asked)}>
            {t('unlock.confirm')}
          </button>
          <button type="button" class="button" onClick={() => setAsked(undefined)}>
            {t('unlock.cancel')}
          </button>
        </>
      )}
      {trouble !== undefined && (
        <span class="editor-fault" role="alert">
          {trouble}
        </span>
      )}
    </div>
  );
}
