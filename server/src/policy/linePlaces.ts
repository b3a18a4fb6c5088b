import type { Position } from "../evidence/format/record";

/** Places in a text, found by the lines that they touch, so that asking costs little more than a look at each of these lines. */
export class LinePlaces<Holder> {
  /** Those that touch a line, in the order of their beginnings. */
  private readonly byLine = new Map<number, { readonly place: Place; readonly holder: Holder }[]>();

  add(place: Place, holder: Holder): void {
    for (let line = place.start.line; line <= place.end.line; line += 1) {
      const here = this.byLine.get(line);
      if (here === undefined) {
        this.byLine.set(line, [{ place, holder }]);
      } else {
        here.splice(countBefore(here, place.start, "start"), 0, { place, holder });
      }
    }
  }

  /** Whether a place has a character in common with one of these, of which no two have one in common. */
  hasOverlap(place: Place): boolean {
    for (let line = place.start.line; line <= place.end.line; line += 1) {
      const here = this.byLine.get(line) ?? [];
      const next = here[countBefore(here, place.start, "end")];
      if (next !== undefined && overlaps(next.place, place)) {
        return true;
      }
    }
    return false;
  }

  /** What is left of a line without what the places of those who are meant cover. */
  outside(text: string, line: number, isMeant: (holder: Holder) => boolean): string {
    const spans = (this.byLine.get(line) ?? [])
      .filter(({ holder }) => isMeant(holder))
      .map(({ place: { start, end } }) => ({
        from: start.line === line ? start.character : 0,
        to: end.line === line ? end.character : text.length,
      }))
      .sort((a, b) => a.from - b.from);
    let rest = "";
    let at = 0;
    for (const { from, to } of spans) {
      rest += text.slice(at, Math.max(at, from));
      at = Math.max(at, to);
    }
    return rest + text.slice(at);
  }
}

export interface Place {
  readonly start: Position;
  readonly end: Position;
}

function overlaps(a: Place, b: Place): boolean {
  return isBefore(a.start, b.end) && isBefore(b.start, a.end);
}

function isBefore(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

/** How many of some places, in order, begin or end before a position or at it. */
function countBefore(
  places: readonly { readonly place: Place }[],
  position: Position,
  edge: keyof Place,
): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = places[middle]?.place[edge];
    if (other !== undefined && !isBefore(position, other)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
