/** Wires what exchanges tell of their own counts to the journal's sums and to the table it is kept in. Part of the composition root. */
import { rateOf } from './bidding/terms.ts';
import type { Account } from './campaign/campaign.ts';
import { zoneNamed } from './core/zone.ts';
import { hourSums } from './insight/alert/discrepancy-watch.ts';
import type { TheirReport } from './insight/discrepancy/compare.ts';
import { compareFigures } from './insight/discrepancy/compare.ts';
import type { DiscrepancyDesk } from './insight/discrepancy/desk.ts';
import type { ExchangeProfile } from './openrtb/exchange-profile.ts';
import type { DiscrepancyPorts } from './server/discrepancy-routes.ts';
import type { JournalPort, TablesPort } from './state/port.ts';

/** Told of where nobody says from when: 40 ms of the process for 400 days is more than a look is worth. */
const DAYS_USUAL = 92;
/** How far the day of another zone may begin before or after. */
const ZONES_APART_MS = 27 * 3_600_000;

export interface DiscrepancyParts {
  readonly desk: DiscrepancyDesk;
  nowMs(): number;
  account(): Account;
  profileOf(exchangeId: string): ExchangeProfile | undefined;
  readonly report: JournalPort['report'];
  store(): TablesPort;
}

export interface Discrepancies {
  readonly routes: DiscrepancyPorts['discrepancies'];
  /** For alerts. */
  reports(): readonly TheirReport[];
}

export function discrepanciesOf(parts: DiscrepancyParts): Discrepancies {
  /** Without exchanges that are gone, and currencies whose rate is. */
  const reports = (): readonly TheirReport[] => {
    const account = parts.account();
    const codes = [account.currency, ...Object.keys(account.currencyRates?.rates ?? {})];
    const ratesMicros = new Map(codes.map((code) => [code, rateOf(code, account) ?? 0]));
    return parts.desk.figures.flatMap((figures): TheirReport[] => {
      const profile = parts.profileOf(figures.exchangeId);
      if (!profile || !ratesMicros.has(figures.currency)) return [];
      return [{ figures, facts: { billing: profile.billing, accountZone: account.timeZone, ratesMicros } }];
    });
  };
  return {
    reports,
    routes: {
      take: async (figures, mode) => {
        parts.desk.take(figures, mode);
        await parts.desk.save(parts.store());
      },
      compare: async ({ exchangeId, from, to = '9999', threshold }) => {
        const asked = reports()
          .filter(({ figures }) => exchangeId === undefined || figures.exchangeId === exchangeId)
          .map(({ figures, facts }) => ({
            figures: {
              ...figures,
              threshold: threshold ?? figures.threshold,
              days: figures.days
                .filter(({ day }) => (from === undefined || day >= from) && day <= to)
                .slice(from === undefined ? -DAYS_USUAL : 0),
            },
            facts,
          }))
          .filter(({ figures }) => figures.days.length > 0);
        if (asked.length === 0) return [];
        const edges = asked.flatMap(({ figures: { timeZone, days } }) => {
          const zone = zoneNamed(timeZone);
          return [zone.bounds(days[0]!.day).startMs, zone.bounds(days.at(-1)!.day).endMs];
        });
        const rows = await parts.report({
          fromMs: Math.min(...edges) - ZONES_APART_MS,
          toMs: Math.max(...edges) + ZONES_APART_MS,
          dimensions: ['hour', 'exchange'],
        });
        return asked.map(({ figures, facts }) =>
          compareFigures(figures, {
            ...facts,
            hours: hourSums(rows, figures.exchangeId),
            nowMs: parts.nowMs(),
          }),
        );
      },
    },
  };
}
