/**
 * Works on several items at once, at most `width`, and gives the results in the order of the items. An item is taken only when
 * there is room for it, so that what items hold is never held for more of them.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const underWay: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // Whoever stops asking leaves results behind that nobody waits for.
    result.catch(() => {});
    underWay.push(result);
    const [first] = underWay;
    if (first !== undefined && underWay.length >= width) {
      underWay.shift();
      yield await first;
    }
  }
  for (const result of underWay) {
    yield await result;
  }
}
