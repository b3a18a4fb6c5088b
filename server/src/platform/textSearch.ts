/** Longer texts are searched for by a way that never looks at a character twice; shorter ones cost little whatever they are. */
const SHORT = 32;

/**
 * The offset of one text in another from an offset on; -1 where it is not. Takes time linear in both, which `indexOf` does not: a long
 * text of one letter, looked for in a longer one, keeps it busy for minutes.
 */
export function indexIn(text: string, wanted: string, from = 0): number {
  if (wanted.length <= SHORT) {
    return text.indexOf(wanted, from);
  }
  return nextIn(text, wanted, bordersOf(wanted), from, 0);
}

/**
 * Every offset at which one text stands in another from an offset on, also where these overlap; none for an empty one. To ask for all takes
 * time linear in both.
 */
export function* placesIn(text: string, wanted: string, from = 0): Generator<number, void, void> {
  if (wanted === "") {
    return;
  }
  if (wanted.length <= SHORT) {
    for (let at = text.indexOf(wanted, from); at !== -1; at = text.indexOf(wanted, at + 1)) {
      yield at;
    }
    return;
  }
  const borders = bordersOf(wanted);
  const border = borders[wanted.length - 1] ?? 0;
  for (
    let at = nextIn(text, wanted, borders, from, 0);
    at !== -1;
    at = nextIn(text, wanted, borders, at + wanted.length, border)
  ) {
    yield at;
  }
}

/** The offset of the next place of a text whose beginning, of a length, ends before an offset; -1 where there is none. */
function nextIn(text: string, wanted: string, borders: Int32Array, from: number, length: number): number {
  let held = length;
  for (let at = from; at < text.length; at += 1) {
    while (held > 0 && text[at] !== wanted[held]) {
      held = borders[held - 1] ?? 0;
    }
    if (text[at] === wanted[held]) {
      held += 1;
    }
    if (held === wanted.length) {
      return at - held + 1;
    }
  }
  return -1;
}

/** How long the longest beginning of each beginning is that is also its end (Knuth, Morris and Pratt, 1977). */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at += 1) {
    while (length > 0 && text[at] !== text[length]) {
      length = borders[length - 1] ?? 0;
    }
    if (text[at] === text[length]) {
      length += 1;
    }
    borders[at] = length;
  }
  return borders;
}
