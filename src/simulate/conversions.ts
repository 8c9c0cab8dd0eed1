/** From a click to what is bought: who buys, when, for how much, and how the shop tells it. */
import type { Random } from '../core/random.ts';
import { drawLogNormal } from '../core/sampling.ts';
import { formatMicros } from '../core/units.ts';
import type { Agenda } from './agenda.ts';
import type { SimulatorBook } from './book.ts';
import type { Population } from './people.ts';
import { pickByShare } from './pick-by-share.ts';
import type { Sale } from './sale.ts';
import type { Scenario } from './story.ts';
import type { Transport } from './transport.ts';
import { buyChance } from './truth.ts';

export interface ConversionParts {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly population: Population;
  readonly agenda: Agenda;
  readonly transport: Transport;
  readonly book: SimulatorBook;
  readonly actionKeys: Readonly<Record<string, string>>;
}

export interface Conversions {
  /** `location` is where the click led, with the bidder's click id in it. */
  clicked(sale: Sale, location: string, atMs: number): void;
}

const CLICK_ID = 'bwclid';
const MINUTE_MS = 60_000;

export function makeConversions(parts: ConversionParts): Conversions {
  const { scenario, random, population, agenda, book } = parts;
  return {
    clicked: (sale, location, atMs) => {
      const page = URL.canParse(location) ? new URL(location) : undefined;
      const clickId = page?.searchParams.get(CLICK_ID) ?? '';
      if (!page || clickId === '') return;
      const { request, received } = sale;
      const own = random.stream(`conversion/${request.number}/${received.bid.impid}`);
      const action = actionFor(page.hostname, scenario, Object.keys(parts.actionKeys), own.next());
      if (action === undefined) return;
      const showing = {
        request,
        medium: received.impression.slot.medium,
        flightHour: sale.flightHour,
        campaignId: received.bid.cid ?? '',
        creativeId: received.bid.crid,
        host: page.hostname,
      };
      if (own.next() >= buyChance(showing, { scenario, population })) return;
      const conversion = drawConversion(sale, action, clickId, atMs, scenario, own);
      const pixel = own.next() < scenario.noise.pixelConversions;
      const again = own.next() < scenario.noise.duplicate;
      agenda.add(conversion.atMs, async () => {
        if (await tell(conversion, pixel, parts)) {
          book.converted(received.bid.cid ?? '', received.bid.crid, conversion.valueMicros);
        }
      });
      if (!again) return;
      book.totals.duplicates++;
      agenda.add(conversion.atMs + MINUTE_MS, async () => void (await tell(conversion, pixel, parts)));
    },
  };
}

interface Conversion {
  readonly action: string;
  readonly clickId: string;
  readonly orderId: string;
  readonly valueMicros: number;
  readonly atMs: number;
}

function drawConversion(
  sale: Sale,
  action: ActionFacts,
  clickId: string,
  clickMs: number,
  { outcomes }: Scenario,
  random: Random,
): Conversion {
  const delay = pickByShare(outcomes.conversionDelay, random.next());
  const cents = Math.round(drawLogNormal(action.valueMedian, outcomes.valueSigma, random) * 100);
  return {
    action: action.action,
    clickId,
    // The request's id never comes twice, so neither does the order's.
    orderId: `order-${sale.request.id}-${sale.received.bid.impid}`,
    valueMicros: cents * 10_000,
    atMs: Math.round(clickMs + drawLogNormal(delay.medianMinutes, delay.sigma, random) * MINUTE_MS),
  };
}

/** True when the bidder took it. */
async function tell(
  conversion: Conversion,
  pixel: boolean,
  { transport, scenario, actionKeys, book }: ConversionParts,
): Promise<boolean> {
  const { action, clickId, orderId, valueMicros, atMs } = conversion;
  const report = { action, click_id: clickId, order_id: orderId };
  const reply = pixel
    ? await transport.get(pixelUrl(report, valueMicros))
    : await transport.post(
        '/conversion',
        JSON.stringify({
          ...report,
          ...(valueMicros > 0 ? { value: valueMicros / 1e6, currency: scenario.currency } : {}),
          time: new Date(atMs).toISOString(),
        }),
        { 'content-type': 'application/json', authorization: `Bearer ${actionKeys[action] ?? ''}` },
      );
  const taken = reply.status >= 200 && reply.status < 300;
  if (!taken) book.totals.noticeFailures++;
  return taken;
}

/** The host does not count: the transport knows where the bidder is. */
function pixelUrl(report: Record<string, string>, valueMicros: number): string {
  const value: Record<string, string> = valueMicros > 0 ? { value: formatMicros(valueMicros) } : {};
  return `http://bidder.example/conversion.gif?${new URLSearchParams({ ...report, ...value })}`;
}

export type ActionFacts = Pick<Scenario['actions'][number], 'action' | 'valueMedian'>;

/**
 * One of those that the scenario names for the host, by their shares (`point` in 0..1) and among those that are known; else
 * the action named after the shop (`fernweh-order` for www.fernweh.example); else the only one there is.
 */
export function actionFor(
  host: string,
  scenario: Pick<Scenario, 'actions'>,
  known: readonly string[],
  point: number,
): ActionFacts | undefined {
  const told = scenario.actions.filter(
    (entry) => (host === entry.host || host.endsWith(`.${entry.host}`)) && known.includes(entry.action),
  );
  if (told.length > 0) return pickByShare(told, point);
  const shop = host.replace(/^www\./, '').split('.')[0] ?? '';
  const named = known.find((action) => action === shop || action.startsWith(`${shop}-`));
  const action = named ?? (known.length === 1 ? known[0] : undefined);
  return action === undefined ? undefined : { action, valueMedian: VALUE_MEDIAN };
}

/** Of an order nothing else is known of. */
const VALUE_MEDIAN = 50;
