/** Choice in proportion to shares. */

/** The item under a point of 0..1 when all are laid side by side by share. */
export function pickByShare<Item extends { readonly share: number }>(
  items: readonly Item[],
  point: number,
): Item {
  let left = point * items.reduce((sum, item) => sum + item.share, 0);
  for (const item of items) {
    left -= item.share;
    if (left < 0) return item;
  }
  return items[items.length - 1]!;
}
