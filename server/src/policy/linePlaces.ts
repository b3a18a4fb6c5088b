import type { Position } from "../evidence/format/record";

/** Places in a text, found by the lines that they touch, so that asking costs no more than those lines hold. */
export class LinePlaces<Holder> {
  private readonly byLine = new Map<number, { readonly place: Place; readonly holder: Holder }[]>();

  add(place: Place, holder: Holder): void {
    for (let line = place.start.line; line <= place.end.line; line += 1) {
      const here = this.byLine.get(line);
      if (here === undefined) {
        this.byLine.set(line, [{ place, holder }]);
      } else {
        here.push({ place, holder });
      }
    }
  }

  /** Whoever holds a place that has a character in common with this one, and is meant. */
  hasOverlap(place: Place, isMeant: (holder: Holder) => boolean): boolean {
    for (let line = place.start.line; line <= place.end.line; line += 1) {
      for (const other of this.byLine.get(line) ?? []) {
        if (overlaps(other.place, place) && isMeant(other.holder)) {
          return true;
        }
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
