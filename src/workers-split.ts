/**
 * What one of several workers may spend while each keeps its own ledger: an equal share of every limit, rounded down, so that all
 * together never pass it. A share that one worker cannot spend is not spent by another.
 */
import type { Book, Budget } from './campaign/campaign.ts';

export function bookOfOne(book: Book, workers: number): Book {
  if (workers <= 1) return book;
  const split = <Held extends { readonly budget?: Budget }>(held: Held): Held =>
    held.budget === undefined ? held : { ...held, budget: shareOf(held.budget, workers) };
  return { ...book, campaigns: book.campaigns.map(split), lineItems: book.lineItems.map(split) };
}

function shareOf(budget: Budget, workers: number): Budget {
  return Object.fromEntries(
    Object.entries(budget).map(([limit, most]) => [limit, Math.floor(most / workers)]),
  ) as Budget;
}
