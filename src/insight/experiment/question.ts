/** What has to be asked of the journal for an experiment, and over which days it runs. */
import type { Book } from '../../campaign/campaign.ts';
import type { Catalog } from '../../campaign/catalog.ts';
import type { Experiment } from '../../campaign/experiment.ts';
import { linesOf } from '../../campaign/experiment-checks.ts';
import type { ExperimentQuestion } from '../../state/experiment-port.ts';

/** Conversions that its line items count; where they count none, all of the advertiser's. */
export function questionOf(
  experiment: Experiment,
  book: Pick<Book, 'lineItems' | 'campaigns' | 'conversionActions'>,
  { lineById }: Pick<Catalog, 'lineById'>,
): ExperimentQuestion {
  const lines = linesOf(experiment, book);
  const counted = lines.flatMap(({ id }) => [...(lineById.get(id)?.countedActions ?? [])]);
  const owners = new Set(
    book.campaigns
      .filter(({ id }) => lines.some(({ campaignId }) => campaignId === id))
      .map(({ advertiserId }) => advertiserId),
  );
  const own = book.conversionActions.filter(({ advertiserId }) => owners.has(advertiserId));
  return {
    experimentId: experiment.id,
    lineItemIds: lines.map(({ id }) => id),
    actionIds: counted.length > 0 ? [...new Set(counted)] : own.map(({ id }) => id),
  };
}

/** Without a date there is no beginning or no end (±Infinity). Also of one that is no longer active. */
export function daysOf(
  experiment: Experiment,
  book: Pick<Book, 'lineItems'>,
  { lineById }: Pick<Catalog, 'lineById'>,
): { readonly startMs: number; readonly endMs: number } {
  const zone = linesOf(experiment, book).flatMap(({ id }) => lineById.get(id)?.zone ?? [])[0];
  const { start, end } = experiment;
  return {
    startMs: zone && start !== undefined ? zone.bounds(start).startMs : Number.NEGATIVE_INFINITY,
    endMs: zone && end !== undefined ? zone.bounds(end).endMs : Number.POSITIVE_INFINITY,
  };
}
