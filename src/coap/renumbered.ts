/**
 * New numbers for the items of a list of which some are forgotten: -1 for those, the others close up. Undefined where
 * none is forgotten.
 */
export function renumbered<Item>(
  items: readonly Item[],
  isForgotten: (item: Item) => boolean,
): Int32Array | undefined {
  const numbers = new Int32Array(items.length);
  let next = 0;
  for (let index = 0; index < items.length; index++)
    numbers[index] = isForgotten(items[index]!) ? -1 : next++;
  return next === items.length ? undefined : numbers;
}
