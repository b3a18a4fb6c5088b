import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type AcceptedSuggestion,
  ReplayableSuggestion,
} from "../../../server/src/evidence/format/acceptedSuggestion";
import { newSalts } from "../../../server/src/evidence/format/claimSalts";
import { COMMITTED_FIELDS } from "../../../server/src/evidence/format/claimValues";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { type Journal, openJournal, readJournals } from "../../../server/src/evidence/journal/journal";
import { formatLine, type JournalEntry, parseLines } from "../../../server/src/evidence/journal/journalEntry";
import { JournalState } from "../../../server/src/evidence/journal/journalState";
import { whySealed } from "../../../server/src/evidence/journal/vault";
import { digestOf } from "../../support/digests";
import { sample, sealed } from "../../support/sampleBatch";
import { temporaryFolder } from "./temporaryFolder";

const idsOf = (suggestions: readonly AcceptedSuggestion[]): string[] => suggestions.map(({ id }) => id);

describe("journal", () => {
  it("holds what was accepted, through closing and opening", async () => {
    const home = await temporaryFolder();
    const [one, two] = [sample(), sample({ repository: null, path: "untitled:Untitled-1" })];
    const first = await openJournal(home);
    await Promise.all([first.accept(one), first.accept(two)]);
    expect(first.pending()).toEqual([one, two]);
    await first.close();
    const second = await openedJournal(home);
    expect(second.pending()).toEqual([one, two]);
    expect(second.problems).toEqual([]);
  });

  it("holds what another tool states, with nothing offered and no prompt, and moves it like any other", async () => {
    const home = await temporaryFolder();
    const { id, repository, path, position } = sample();
    const stated: AcceptedSuggestion = {
      ...{ kind: "stated", id, repository, path, position },
      values: { tool: "writer", session: "", model: "openai/gpt-5", accepted: "return 1;" },
      salts: newSalts(),
    };
    const first = await openJournal(home);
    await first.accept(stated);
    await first.amend(id, { path: "b.ts" });
    await expect(first.amend(id, { accepted: "" })).rejects.toThrow(
      "Nothing of the suggestion was accepted.",
    );
    await first.close();
    expect((await openedJournal(home)).pending()).toEqual([{ ...stated, path: "b.ts" }]);
  });

  it("leaves no file when nothing is left", async () => {
    const home = await temporaryFolder();
    const journal = await openJournal(home);
    const one = sample();
    await journal.accept(one);
    await journal.drop([one.id], "Its text was gone.");
    await journal.close();
    expect((await readdir(join(home, "journal"))).filter((name) => name.includes("."))).toEqual([]);
  });

  it("takes more, less, nothing and again of one suggestion", async () => {
    const home = await temporaryFolder();
    const journal = await openJournal(home);
    const whole = sample();
    const part = { ...whole, values: { ...whole.values, accepted: "  if" } };
    await journal.accept(part);
    await journal.accept(whole);
    expect(journal.pending()).toEqual([whole]);
    await journal.withdraw(whole.id);
    expect(journal.pending()).toEqual([]);
    expect(journal.find(whole.id)?.state).toBe("withdrawn");
    await journal.accept(part);
    await journal.amend(whole.id, {
      repository: "/elsewhere",
      path: "b.ts",
      position: { line: 9, character: 4 },
    });
    const moved = { ...part, repository: "/elsewhere", path: "b.ts", position: { line: 9, character: 4 } };
    expect(journal.pending()).toEqual([moved]);
    await journal.close();
    expect((await openedJournal(home)).pending()).toEqual([moved]);
  });

  it("brings a withdrawn suggestion back after a restart", async () => {
    const home = await temporaryFolder();
    const one = sample();
    const first = await openJournal(home);
    await first.accept(one);
    await first.withdraw(one.id);
    await first.close();
    const second = await openedJournal(home);
    expect(second.pending()).toEqual([]);
    await second.amend(one.id, {});
    expect(second.pending()).toEqual([one]);
  });

  it("refuses what contradicts itself", async () => {
    const journal = await openedJournal(await temporaryFolder());
    await expect(journal.accept(sample({ displayed: "a", accepted: "b" }))).rejects.toThrow(/does not begin/);
    await expect(journal.accept(sample({ displayed: "a\r\nb" }))).rejects.toThrow(/carriage return/);
    await expect(journal.amend("00".repeat(16), {})).rejects.toThrow(/has no suggestion/);
    const one = sample();
    await journal.accept(one);
    await expect(journal.amend(one.id, { accepted: "other" })).rejects.toThrow(/does not begin/);
    expect(journal.pending()).toEqual([one]);
  });

  it("leaves a living process's journal alone, and shows it", async () => {
    const home = await temporaryFolder();
    const [one, two] = [sample(), sample()];
    const first = await openedJournal(home);
    await first.accept(one);
    const second = await openedJournal(home);
    expect(second.pending()).toEqual([]);
    await second.accept(two);
    expect(idsOf((await readJournals(home)).pending).sort()).toEqual(idsOf([one, two]).sort());
    await first.close();
    const third = await openedJournal(home);
    expect(idsOf(third.pending())).toEqual(idsOf([one]));
    expect(idsOf(second.pending())).toEqual(idsOf([two]));
  });

  it("says where it cannot be written", async () => {
    const home = join(await temporaryFolder(), "file");
    await writeFile(home, "");
    await expect(openJournal(home)).rejects.toMatchObject({ code: "journal" });
  });
});

describe("sealing through the journal", () => {
  it("numbers batches, remembers them until they are anchored, and then forgets them", async () => {
    const home = await temporaryFolder();
    const journal = await openedJournal(home);
    const [one, two] = [sample(), sample()];
    await journal.accept(one);
    await journal.accept(two);
    const first = await seal(journal, [one]);
    const second = await seal(journal, [two]);
    expect([first?.sequence, second?.sequence]).toEqual([0, 1]);
    expect(journal.pending()).toEqual([]);
    expect(journal.unanchored().map(({ batchRoot: root }) => root)).toEqual([
      first?.batchRoot,
      second?.batchRoot,
    ]);
    await journal.anchored(first?.batchRoot ?? digestOf("00"), 31337);
    expect(journal.unanchored().map(({ batchRoot: root }) => root)).toEqual([second?.batchRoot]);
    await journal.close();
    const again = await openedJournal(home);
    expect(again.unanchored()).toEqual([second]);
    expect(again.find(one.id)).toBeNull();
    await journal.close();
  });

  it("lets nothing change a sealed suggestion, even when it is forgotten", async () => {
    const journal = await openedJournal(await temporaryFolder());
    const one = sample();
    await journal.accept(one);
    const batch = await seal(journal, [one]);
    await journal.withdraw(one.id);
    await expect(journal.accept(one)).rejects.toThrow(/sealed/);
    await expect(journal.amend(one.id, { path: "b.ts" })).rejects.toThrow(/sealed/);
    await journal.anchored(batch?.batchRoot ?? digestOf("00"), 1);
    await journal.compact();
    await expect(journal.accept(one)).rejects.toThrow(/sealed/);
    expect(journal.pending()).toEqual([]);
  });

  it("keeps the values behind sealed prompts, and only those, once a batch is anchored", async () => {
    const home = await temporaryFolder();
    const journal = await openedJournal(home);
    const [open, closed] = [sample(), sample()];
    await journal.accept(open);
    await journal.accept(closed);
    const batch = await seal(journal, [open, closed], [closed.id]);
    const root = batch?.batchRoot ?? digestOf("00");
    const vault = join(home, "vault", `${root}.json`);
    expect(existsSync(vault)).toBe(false);
    await journal.anchored(root, 1);
    await journal.compact();
    const kept = await readFile(vault, "utf8");
    const reason = `Why ${closed.id} stays.`;
    expect(JSON.parse(kept)).toEqual({ batchRoot: root, prompts: [{ suggestion: closed, reason }] });
    expect(await whySealed(home, root, closed.id)).toBe(reason);
    expect(await whySealed(home, root, open.id)).toBeNull();
    expect(await whySealed(home, digestOf("00"), closed.id)).toBeNull();
    await journal.compact();
    expect(await readFile(vault, "utf8")).toBe(kept);
  });

  it("seals nothing that changed meanwhile", async () => {
    const journal = await openedJournal(await temporaryFolder());
    const one = sample();
    await journal.accept(one);
    const batch = await journal.commitBatch([one], async () => {
      await journal.withdraw(one.id);
      return { ...sealed([one]), repository: "/repository", sealedPrompts: [] };
    });
    expect(batch).toBeNull();
    expect(journal.unanchored()).toEqual([]);
    await journal.amend(one.id, {});
    expect((await seal(journal, [one]))?.sequence).toBe(0);
  });

  it("does not let a failed build take a number", async () => {
    const journal = await openedJournal(await temporaryFolder());
    const one = sample();
    await journal.accept(one);
    await expect(journal.commitBatch([one], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await journal.commitBatch([one], async () => null)).toBeNull();
    expect((await seal(journal, [one]))?.sequence).toBe(0);
  });

  it("does not use a number twice after a crash between journal and device state", async () => {
    const home = await temporaryFolder();
    const one = sample();
    const { batchRoot: root, seal: ownSeal, evidence } = sealed([one]);
    const batch = {
      batchRoot: root,
      seal: ownSeal,
      sequence: 6,
      repository: "/repository",
      ids: [one.id],
      sealedPrompts: [],
      evidence,
    };
    await writeJournal(home, [
      { kind: "accepted", suggestion: one },
      { kind: "sealed", batch },
    ]);
    const journal = await openedJournal(home);
    const two = sample();
    await journal.accept(two);
    const next = await journal.commitBatch([two], async ({ sequence, previousSeal }) => {
      expect([sequence, previousSeal]).toEqual([7, ownSeal]);
      return { ...sealed([two]), repository: "/repository", sealedPrompts: [] };
    });
    expect(next?.sequence).toBe(7);
    expect(journal.unanchored().map((one) => one.batchRoot)).toContain(root);
  });
});

describe("crashes", () => {
  it("keep every acknowledged change, wherever the file was cut", async () => {
    const home = await temporaryFolder();
    const journal = await openedJournal(home);
    const [one, two] = [sample({ displayed: "a + b" }), sample({ displayed: "c * d" })];
    const steps: { length: number; pending: string[] }[] = [{ length: 0, pending: [] }];
    const note = async (work: Promise<unknown>): Promise<void> => {
      await work;
      const length = (await readFile(await onlyJournal(home))).length;
      steps.push({ length, pending: journal.pending().map(({ id, values }) => `${id} ${values.accepted}`) });
    };
    await note(journal.accept(one));
    await note(journal.accept(two));
    await note(journal.amend(two.id, { accepted: "c *" }));
    await note(journal.withdraw(one.id));
    await note(seal(journal, journal.pending()));
    const bytes = await readFile(await onlyJournal(home));
    expect(bytes.length).toBe(steps.at(-1)?.length);

    const state = (cut: number): string[] => {
      const replayed = new JournalState();
      for (const entry of parseLines(bytes.subarray(0, cut)).entries) {
        replayed.apply(entry);
      }
      return replayed.pending().map(({ id, values }) => `${id} ${values.accepted}`);
    };
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(state(cut)).toEqual(steps.findLast(({ length }) => length <= cut)?.pending);
    }
    // The same through real files, where opening also rewrites and appends: around each acknowledgement, and between.
    const cuts = steps.flatMap(({ length }, index) => [
      length,
      length + 1,
      Math.max(0, length - 1),
      Math.floor((length + (steps[index + 1]?.length ?? length)) / 2),
    ]);
    for (const cut of new Set(cuts)) {
      const copy = await temporaryFolder();
      await mkdir(join(copy, "journal"));
      await writeFile(join(copy, "journal", "dead.journal"), bytes.subarray(0, cut));
      const reopened = await openJournal(copy);
      const expected = steps.findLast(({ length }) => length <= cut)?.pending;
      expect(reopened.pending().map(({ id, values }) => `${id} ${values.accepted}`)).toEqual(expected);
      expect(reopened.problems).toEqual([]);
      const later = sample();
      await reopened.accept(later);
      await reopened.close();
      const last = await openJournal(copy);
      expect(last.pending().at(-1)).toEqual(later);
      await last.close();
    }
  });

  it("lose only the lines that are damaged, and say so", async () => {
    const home = await temporaryFolder();
    const three = [sample(), sample(), sample()];
    const path = await writeJournal(
      home,
      three.map((suggestion) => ({ kind: "accepted", suggestion })),
    );
    const bytes = await readFile(path);
    bytes[Math.floor(bytes.length / 2)] = 0x7e;
    await writeFile(path, bytes);
    const journal = await openedJournal(home);
    expect(journal.pending()).toEqual([three[0], three[2]]);
    expect(journal.problems).toEqual([expect.stringMatching(/1 of 3 entries/)]);
    expect(await readdir(join(home, "journal", "damaged"))).toHaveLength(1);
  });

  it("keep a suggestion that was accepted before there was a second version of evidence, with all of its salts", () => {
    const salts = Object.fromEntries(
      COMMITTED_FIELDS.replayable.map((field, index) => [field, digestOf(`a${index.toString(16)}`)]),
    );
    const suggestion = ReplayableSuggestion.parse({ ...sample(), salts });
    const { entries, damagedLines } = parseLines(formatLine({ kind: "accepted", suggestion }));
    expect(entries).toEqual([{ kind: "accepted", suggestion: { ...suggestion, salts } }]);
    expect(damagedLines).toBe(0);
    const reading = readEvidence(Buffer.from(sealed([suggestion]).evidence));
    expect(reading).toMatchObject({ kind: "intact" });
  });

  it("believe no line with a changed byte", () => {
    const line = formatLine({ kind: "accepted", suggestion: sample() });
    fc.assert(
      fc.property(fc.nat(line.length - 2), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const changed = Buffer.from(line);
        changed[place] = (changed[place] ?? 0) ^ flip;
        expect(parseLines(changed).entries).toEqual([]);
      }),
    );
  });

  it("between adopting a journal and removing it double nothing", async () => {
    const home = await temporaryFolder();
    const one = sample();
    const path = await writeJournal(home, [{ kind: "accepted", suggestion: one }]);
    await cp(path, join(home, "kept"));
    const first = await openJournal(home);
    const batch = await seal(first, first.pending());
    await first.anchored(batch?.batchRoot ?? digestOf("00"), 1);
    // As if the removal had not reached the disk.
    await cp(join(home, "kept"), path);
    const second = await openedJournal(home);
    expect(second.pending()).toEqual([]);
    await first.compact();
    const third = await openedJournal(home);
    expect(third.pending()).toEqual([]);
    await first.close();
    const fourth = await openedJournal(home);
    expect(fourth.pending()).toEqual([]);
    expect(fourth.unanchored()).toEqual([]);
  });

  it("of a killed process lose nothing that it acknowledged", async () => {
    const home = await temporaryFolder();
    // Windows' paths are no module specifiers.
    const journalModule = new URL("../../../server/src/evidence/journal/journal.ts", import.meta.url).href;
    const samplesModule = new URL("../../support/sampleBatch.ts", import.meta.url).href;
    const script = `
      import { openJournal } from ${JSON.stringify(journalModule)};
      import { sample } from ${JSON.stringify(samplesModule)};
      const main = async () => {
        const journal = await openJournal(${JSON.stringify(home)});
        for (;;) {
          const suggestion = sample();
          await journal.accept(suggestion);
          process.stdout.write(suggestion.id + "\\n");
        }
      };
      void main();
    `;
    const file = join(home, "writer.mts");
    await writeFile(file, script);
    const child = spawn(process.execPath, ["--import", "tsx", file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const acknowledged = await killedAfter(child, 25);
    const journal = await openedJournal(home);
    const pending = new Set(idsOf(journal.pending()));
    expect(acknowledged.filter((id) => !pending.has(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(25);
    expect(journal.problems).toEqual([]);
  });
});

async function openedJournal(home: string): Promise<Journal> {
  const journal = await openJournal(home);
  onTestFinished(() => journal.close().catch(() => {}));
  return journal;
}

function seal(journal: Journal, suggestions: readonly AcceptedSuggestion[], sealedPrompts: string[] = []) {
  const replayable = suggestions.filter((one) => one.kind === "replayable");
  return journal.commitBatch(suggestions, async () => ({
    ...sealed(replayable, { open: ({ id }) => !sealedPrompts.includes(id) }),
    repository: "/repository",
    sealedPrompts: sealedPrompts.map((id) => ({ id, reason: `Why ${id} stays.` })),
  }));
}

/** The journal of a process that died. */
async function writeJournal(home: string, entries: readonly JournalEntry[]): Promise<string> {
  await mkdir(join(home, "journal"), { recursive: true });
  const path = join(home, "journal", "0dead.journal");
  await writeFile(path, Buffer.concat(entries.map(formatLine)));
  return path;
}

async function onlyJournal(home: string): Promise<string> {
  const names = (await readdir(join(home, "journal"))).filter((name) => name.endsWith(".journal"));
  expect(names).toHaveLength(1);
  return join(home, "journal", names[0] ?? "");
}

/** Kills a process once it has printed so many lines; resolves to the whole lines it printed by then. */
function killedAfter(child: ChildProcess, lines: number): Promise<string[]> {
  return new Promise((resolve) => {
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.split("\n").length > lines) {
        child.kill("SIGKILL");
      }
    });
    child.once("close", () => resolve(output.split("\n").slice(0, -1)));
  });
}
