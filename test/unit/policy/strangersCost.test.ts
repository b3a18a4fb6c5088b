/** What a stranger's claims may cost: time within a text's budget, and never an honest line's word. */
import { describe, expect, it } from "vitest";
import { commit } from "../../../server/src/evidence/format/commitment";
import type { SealedEvidence } from "../../../server/src/evidence/format/sealBatch";
import { LineIndex } from "../../../server/src/evidence/locate/lineIndex";
import { locatePiece, type PieceToLocate } from "../../../server/src/evidence/locate/locatePiece";
import { addressOf, signPersonalMessage } from "../../../server/src/platform/ecdsa";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { GrammarQuestions } from "../../../server/src/workflows/grammarQuestions";
import { digestOf } from "../../support/digests";
import { sample, facts as sampleFacts, sealed } from "../../support/sampleBatch";
import { claimOf, parameters } from "./goodCase";
import { grammars } from "./judgedPiece";
import { plainPiece } from "./plainPiece";

describe("what a stranger's claims cost", () => {
  const salt = new Uint8Array(32);
  /** Processor time of looking for so many pieces in one text of which only a little may be looked at. */
  const took = (text: string, pieces: number, make: (index: number) => Partial<PieceToLocate>): number => {
    const today = new LineIndex(text, 40_000);
    const start = process.cpuUsage();
    for (let index = 0; index < pieces; index += 1) {
      const accepted = `yy${index}`;
      const piece: PieceToLocate = {
        ...plainPiece([accepted]),
        end: { line: 0, character: 4 },
        ...make(index),
      };
      locatePiece(piece, today, () => false);
    }
    return process.cpuUsage(start).user;
  };

  it("pieces beside a long line are looked for within the text's budget", () => {
    const text = `${" x".repeat(2048)}\nfoo\n`;
    took(text, 20, () => ({}));
    expect(
      took(text, 800, () => ({})) /
        Math.max(
          took(text, 80, () => ({})),
          20_000,
        ),
    ).toBeLessThan(5);
  }, 120_000);

  it("and so are those of which only digests are known", () => {
    const line = "x".repeat(32_768);
    const digest = commit("line", salt, Buffer.from(line));
    const make = (): Partial<PieceToLocate> => ({
      saved: null,
      accepted: "xxxx",
      lines: [{ digest, length: line.length }],
      lineSalts: [salt],
    });
    const today = `${line}\nfoo\n`;
    took(today, 20, make);
    expect(took(today, 1000, make) / Math.max(took(today, 100, make), 20_000)).toBeLessThan(5);
  }, 120_000);

  it("strangers' unanchored claims leave honest lines verified in a file with much JSX", async () => {
    // One line of a table, as generators write them, and around it what the stranger claims.
    const cells = "<b>x</b> ".repeat(400);
    const filler = Array.from({ length: 48 }, (_, at) => `const name${at} = value(${at});`);
    const honest = "const total = compute(all, others);";
    const lines = [...filler.slice(0, 24), `const row = <p>${cells}</p>;`, ...filler.slice(24), honest];
    const text = `${lines.join("\n")}\n`;
    const spans = Array.from({ length: 24 * 24 }, (_, at) => ({
      first: at % 24,
      last: 25 + Math.floor(at / 24),
    }));
    const strangerKey = Buffer.from("47".repeat(32), "hex");
    const facts = { ...sampleFacts, device: addressOf(strangerKey) };
    const strangers: SealedEvidence[] = [];
    for (let from = 0; from < spans.length; from += 100) {
      const samples = spans.slice(from, from + 100).map(({ first, last }) =>
        sample({
          path: "a.tsx",
          displayed: lines.slice(first, last + 1).join("\n"),
          position: { line: first, character: 0 },
          prompt: { prefix: "", suffix: "", context: [] },
        }),
      );
      strangers.push(
        sealed(samples, {
          texts: { "a.tsx": text },
          facts,
          sign: (message) => signPersonalMessage(message, strangerKey),
          sequence: from + 3,
          previousSeal: digestOf((from / 100 + 16).toString(16)),
          open: () => false,
        }),
      );
    }
    const bytes = strangers.reduce((sum, { evidence }) => sum + evidence.length, 0);
    expect(bytes).toBeLessThan(16 * 1024 * 1024);
    const honestly = () => {
      const suggestion = sample({
        path: "a.tsx",
        displayed: honest,
        position: { line: lines.length - 1, character: 0 },
        prompt: { prefix: `${lines.slice(0, -1).join("\n")}\n`, suffix: "\n", context: [] },
      });
      return { suggestion, own: sealed([suggestion], { texts: { "a.tsx": text } }) };
    };
    // The order is that of leaf hashes, which the stranger can choose; here, that of an honest claim that comes late.
    let { suggestion, own } = honestly();
    while (!claimOf([own], suggestion.id).startsWith("f")) {
      ({ suggestion, own } = honestly());
    }
    const judgedWith = async (others: readonly SealedEvidence[]): Promise<readonly string[]> => {
      const questions = new GrammarQuestions(grammars);
      const { sameTokens, linesOf } = questions;
      const all = parameters("", [own, ...others], [suggestion.id]);
      const report = await questions.settled(() =>
        verify({
          ...all,
          chain: new Map([...all.chain].slice(0, 1)),
          texts: new Map([["a.tsx", text]]),
          sameTokens,
          linesOf,
        }),
      );
      return report.suggestions
        .filter(({ id }) => id === suggestion.id)
        .map(({ summary, checks }) => `${summary} ${checks.content}`);
    };
    expect(await judgedWith([])).toEqual(["verified verbatim"]);
    expect(await judgedWith(strangers)).toEqual(["verified verbatim"]);
  }, 120_000);
});
