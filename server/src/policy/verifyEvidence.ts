import { letterCount } from "../evidence/locate/letterCount";
import { LineIndex } from "../evidence/locate/lineIndex";
import { FRAGMENT, type Located } from "../evidence/locate/locatePiece";
import { compareText } from "../platform/compareText";
import { groupBy } from "../platform/groupBy";
import { atOnce } from "../platform/slices";
import { SUMMARIES } from "../protocol/verdictWords";
import { bestFirst, byRank, goodness, type Ranked } from "./claimRank";
import { type ClaimPiece, gatherClaims } from "./claims";
import { verdictOf } from "./claimVerdict";
import { LinePlaces, type Place } from "./linePlaces";
import { type Shown, withShares } from "./lineShares";
import { locateAll } from "./locatedPieces";
import { Moves } from "./moves";
import { PromptShares, QuotedFiles } from "./promptCheck";
import { type BesideVerdict, countSummaries, type Report } from "./report";
import type { Verdict } from "./verdict";
import type { VerifyParameters } from "./verifyParameters";

/**
 * The one verification pipeline, behind badge, hover, command line and CI. Pure: the same parameters give the same
 * report.
 *
 * Claims are judged before they take places. In a contested place the better one stands (the better summary, then the
 * older anchor, then the leaf hash), and the other is told of beside it; so nothing that is worse, broken, foreign or
 * unanchored lowers, hides or frees a line. Edited lines of a claim that is intact, signed and onchain are hidden by no
 * other claim, however good.
 */
export function verify(parameters: VerifyParameters): Report {
  return atOnce(verifying(parameters));
}

/** The same in small steps, for whoever has something else to do between them. */
export function* verifying(parameters: VerifyParameters): Generator<void, Report, void> {
  const moves = parameters.moves ?? Moves.NONE;
  const { claims, files } = yield* gatherClaims({ ...parameters, moves });
  const prompts = {
    quoted: new QuotedFiles(parameters.quoted, moves),
    shares: parameters.shares ?? new PromptShares(),
  };
  const verdicts: Verdict[] = [];
  const beside: BesideVerdict[] = [];
  const gone: { claim: string; id: string; path: string }[] = [];
  for (const [path, here] of groupBy(yield* bestFirst(claims, parameters), ({ piece }) => piece.path)) {
    if (parameters.only?.has(path) === false) {
      continue;
    }
    const today = new LineIndex(parameters.texts.get(path) ?? "");
    const located = yield* locateAll(here, today, parameters);
    const taken = new LinePlaces<number>();
    // Places of claims that are better than the one whose turn it is.
    const better = new LinePlaces<number>();
    let equals: { readonly range: Place; readonly rank: number }[] = [];
    const shown: Shown[] = [];
    const standing: Standing[] = [];
    for (const ranked of here) {
      const { claim, piece, checks } = ranked;
      const place = located.get(piece.key);
      if (place === undefined || place.content === "gone") {
        gone.push({ claim: claim.claim, id: claim.id, path });
      } else {
        const verdict = verdictOf(claim, checks, piece, place, today, prompts, parameters);
        standing.push({ ...ranked, place, verdict, rank: rankOf(ranked, verdict) });
      }
      yield;
    }
    standing.sort(byRank);
    for (const { claim, piece, rank, place, verdict } of standing) {
      if (equals[0] !== undefined && equals[0].rank > rank) {
        for (const other of equals) {
          better.add(other.range, other.rank);
        }
        equals = [];
      }
      const why = whyBeside(piece, place, rank, taken, better);
      if (why === null) {
        shown.push({ verdict, place });
        if (place.range !== null && place.content !== "edited") {
          taken.add(place.range, rank);
          equals.push({ range: place.range, rank });
        }
      } else if (place.range !== null) {
        const line = place.range.start.line + 1;
        beside.push({ claim: claim.claim, id: claim.id, path, line, summary: verdict.summary, why });
      }
      yield;
    }
    for (const verdict of withShares(shown, today)) {
      verdicts.push(verdict);
      yield;
    }
  }
  verdicts.sort(
    (a, b) =>
      compareText(a.path, b.path) || (a.startLine ?? 0) - (b.startLine ?? 0) || compareText(a.key, b.key),
  );
  return {
    summary: countSummaries(verdicts),
    suggestions: verdicts,
    beside,
    gone,
    vanished: [],
    unattributed: [],
    files,
  };
}

/** A piece that has a place, or of which nobody can tell which place is its own. */
interface Standing extends Ranked {
  readonly place: Located;
  readonly verdict: Verdict;
}

/**
 * How good a claim is in a contest. One whose text stands is as good as its verdict says; one that was edited, as good as
 * it was before, so that nothing worse can hide the edit.
 */
function rankOf({ rank }: Ranked, { checks, summary }: Verdict): number {
  return checks.content === "edited" || checks.content === "ambiguous" ? rank : goodness(checks, summary);
}

function whyBeside(
  { accepted }: ClaimPiece,
  { content, range }: Located,
  rank: number,
  taken: LinePlaces<number>,
  better: LinePlaces<number>,
): BesideVerdict["why"] | null {
  if (letterCount(accepted) < FRAGMENT) {
    return "fragment";
  }
  const isContested =
    range !== null &&
    (content === "edited" ? rank < EDITED && better.hasOverlap(range) : taken.hasOverlap(range));
  return isContested ? "contested" : null;
}

/** A claim that could be no better than this before it was edited is broken, foreign, unanchored or refused. */
const EDITED = SUMMARIES.indexOf("edited");
