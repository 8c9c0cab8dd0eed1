/** The same requests before books of growing size, each as a ratio to the bare route beside it. */
import { loadRequests, messages } from './bodies.ts';
import type { BookSize } from './book.ts';
import { PATHS } from './book.ts';
import type { PartResult, PartSettings } from './part.ts';
import { usage } from './process.ts';
import { compare, startBare, startBidder } from './servers.ts';

const BASE: BookSize = { lines: 1000, packs: 100, people: 10_000 };
const STEPS: readonly { readonly what: keyof BookSize; readonly to: readonly number[] }[] = [
  { what: 'lines', to: [100, 1000, 10_000, 100_000] },
  { what: 'packs', to: [10, 100, 1000, 10_000] },
  { what: 'people', to: [10_000, 100_000, 1_000_000, 5_000_000] },
];
const REQUESTS = 6000;

export async function growth({ seed, rounds, requests }: PartSettings): Promise<PartResult> {
  const bare = await startBare();
  const rows: Record<string, number | string>[] = [];
  const ratioAt = new Map<string, number>();
  const bytesAt = new Map<string, number>();
  try {
    for (const { what, to } of STEPS) {
      for (const amount of to) {
        const size = { ...BASE, [what]: amount };
        process.stderr.write(`  ${amount} ${what} …\n`);
        const bidder = await startBidder(seed, size);
        try {
          const json = messages(loadRequests(seed, REQUESTS, size.people), PATHS);
          const found = await compare(
            { served: bidder, messages: json },
            { served: bare, messages: json },
            rounds,
            requests,
          );
          const { residentBytes } = usage(bidder.pid);
          ratioAt.set(`${what} ${amount}`, found.ratio);
          bytesAt.set(`${what} ${amount}`, residentBytes);
          rows.push({
            what,
            amount,
            ...found,
            residentMib: residentBytes / 2 ** 20,
            startSeconds: bidder.startSeconds,
          });
        } finally {
          await bidder.stop();
        }
      }
    }
  } finally {
    await bare.stop();
  }
  const grown = (what: string, from: number, to: number): number =>
    ratioAt.get(`${what} ${to}`)! / ratioAt.get(`${what} ${from}`)!;
  const bytesEach = (what: string, from: number, to: number): number =>
    (bytesAt.get(`${what} ${to}`)! - bytesAt.get(`${what} ${from}`)!) / (to - from);
  return {
    figures: {
      linesHundredThousandToHundred: grown('lines', 100, 100_000),
      linesTenThousandToHundred: grown('lines', 100, 10_000),
      packsTenThousandToTen: grown('packs', 10, 10_000),
      peopleFiveMillionToTenThousand: grown('people', 10_000, 5_000_000),
      residentBytesALine: bytesEach('lines', 1000, 100_000),
      residentBytesAPerson: bytesEach('people', 10_000, 5_000_000),
    },
    goals: { linesHundredThousandToHundred: 2, peopleFiveMillionToTenThousand: 1.2 },
    rows,
  };
}
