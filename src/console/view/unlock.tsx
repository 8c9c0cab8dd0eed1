/**
 * Which single thing holds a line item back most: each is relaxed alone and the sampled requests are put to the changed configuration. What
 * helps can be applied from here, as a change of the history.
 */
import { useEffect, useState } from 'preact/hooks';
import { get, getTagged, messageOf, post, patch as sendPatch } from '../client.ts';
import { plain, words } from '../format.ts';
import type { Key } from '../language.ts';
import { t } from '../language.ts';
import type { LineObject, Outcome, Relaxation, WhatIfAnswer } from '../line-model.ts';
import { gainOf, rankedOutcomes, relaxationsOf } from '../line-model.ts';
import { refreshNews } from '../news-state.ts';
import { patchLines } from '../patch-words.ts';
import { hrefOf } from '../route-model.ts';
import { canTrade } from '../session.ts';
import { format, marketCpmMicros } from '../state.ts';
import { Card } from './card.tsx';

interface Found {
  readonly sampled: number;
  readonly line: LineObject;
  readonly outcomes: readonly Outcome[];
}

export function Unlock({ id }: { readonly id: string }) {
  const [found, setFound] = useState<Found | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let live = true;
    investigate(id, () => live).then(
      (next) => live && next && setFound(next),
      (error: unknown) => live && setTrouble(messageOf(error)),
    );
    return () => {
      live = false;
    };
  }, [id, round]);
  return (
    <Card id="unlock" title={t('unlock.title')} hint={t('unlock.hint')} trouble={trouble}>
      {found ? <Outcomes found={found} /> : trouble === undefined && <p class="empty">{t('unlock.wait')}</p>}
      {found && (
        <p class="card-acts">
          <button
            type="button"
            class="button"
            onClick={() => {
              setFound(undefined);
              setRound(round + 1);
            }}
          >
            {t('unlock.again')}
          </button>
        </p>
      )}
    </Card>
  );
}

async function investigate(id: string, isLive: () => boolean): Promise<Found | undefined> {
  const line = await get<LineObject>(`api/v1/line-items/${encodeURIComponent(id)}`);
  const outcomes: Outcome[] = [];
  let sampled = 0;
  // One after the other: each is work for the bidder, and bids go first.
  for (const relaxation of relaxationsOf(line, marketCpmMicros())) {
    if (!isLive()) return undefined;
    const answer = await post<WhatIfAnswer>('api/v1/what-if', {
      lineItems: { [id]: relaxation.patch },
    });
    sampled = answer.sampled.requests;
    const own = answer.lines.find(({ lineItemId }) => lineItemId === id);
    if (own?.before && own.after) outcomes.push({ relaxation, before: own.before, after: own.after });
  }
  return { sampled, line, outcomes: rankedOutcomes(outcomes) };
}

function Outcomes({ found: { outcomes, sampled, line } }: { readonly found: Found }) {
  const { count } = format.value;
  if (outcomes.length === 0) return <p class="empty">{t('unlock.none', { n: count(sampled) })}</p>;
  return (
    <>
      <ol class="unlocks">
        {outcomes.map((outcome, index) => (
          <One key={outcome.relaxation.key} outcome={outcome} line={line} first={index === 0} />
        ))}
      </ol>
      <p class="card-text hint">{t('unlock.basis', { n: count(sampled) })}</p>
    </>
  );
}

interface OneProps {
  readonly outcome: Outcome;
  readonly line: LineObject;
  readonly first: boolean;
}

type Applied = { readonly change: number } | { readonly trouble: string };

function One({ outcome, line, first }: OneProps) {
  const { relaxation, before, after } = outcome;
  const { count, money } = format.value;
  const [asked, setAsked] = useState(false);
  const [applied, setApplied] = useState<Applied | undefined>(undefined);
  const apply = async (): Promise<void> => {
    setAsked(false);
    try {
      setApplied({ change: await applyRelaxation(line.id, relaxation) });
      void refreshNews();
    } catch (error) {
      setApplied({ trouble: messageOf(error) });
    }
  };
  const lines = patchLines(relaxation.patch, line);
  const times = before.impressions.mean > 0 ? after.impressions.mean / before.impressions.mean : undefined;
  return (
    <li class="unlock" data-key={relaxation.key}>
      <p>
        {first && (
          <span class="badge" data-tone="good">
            {t('unlock.most')}
          </span>
        )}{' '}
        <strong>{nameOf(relaxation.key)}</strong> {t('unlock.gain', { n: count(gainOf(outcome)) })}
        {times !== undefined && ` (${t('unlock.times', { times: times.toFixed(1) })})`}
        {', '}
        {t('unlock.cost', {
          spend: money(Math.max(0, after.spendMicros.mean - before.spendMicros.mean)),
          conversions: (after.conversions.mean - before.conversions.mean).toFixed(1),
        })}
      </p>
      <ul class="change-lines">
        {lines.map(({ path, before: was, after: is }) => (
          <li key={path}>
            {plain(path)}: <del>{plain(was, 80)}</del> <ins>{plain(is, 80)}</ins>
          </li>
        ))}
      </ul>
      {applied && 'change' in applied && (
        <p class="editor-said" data-tone="good" role="status">
          {t('unlock.applied', { n: applied.change })} <a href={hrefOf('history')}>{t('nav.history')}</a>
        </p>
      )}
      {applied && 'trouble' in applied && (
        <p class="editor-said" data-tone="bad" role="alert">
          {applied.trouble}
        </p>
      )}
      {!applied && canTrade.value && (
        <p class="unlock-acts">
          {asked ? (
            <>
              <button type="button" class="button button-main" onClick={() => void apply()}>
                {t('unlock.confirm')}
              </button>{' '}
              <button type="button" class="button" onClick={() => setAsked(false)}>
                {t('unlock.cancel')}
              </button>
            </>
          ) : (
            <button
              type="button"
              class={`button${first ? ' button-main' : ''}`}
              onClick={() => setAsked(true)}
            >
              {t('unlock.apply')}
            </button>
          )}
        </p>
      )}
    </li>
  );
}

function nameOf(key: string): string {
  const [part, dimension] = key.split('.');
  if (part === 'targeting' && dimension !== undefined)
    return t('unlock.targeting', { key: words(dimension.replace(/([A-Z])/g, ' $1')).toLowerCase() });
  return t(`unlock.${part}` as Key);
}

async function applyRelaxation(id: string, { patch }: Relaxation): Promise<number> {
  const path = `api/v1/line-items/${encodeURIComponent(id)}`;
  const { tag } = await getTagged(path);
  const reason = new URLSearchParams({ reason: t('unlock.reason') }).toString();
  const { answer } = await sendPatch<{ readonly change?: number }>(`${path}?${reason}`, tag, patch);
  return answer.change ?? 0;
}
