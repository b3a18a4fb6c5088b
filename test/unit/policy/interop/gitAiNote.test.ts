import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProoflineError } from "../../../../server/src/platform/errors";
import { readGitAiNote } from "../../../../server/src/policy/interop/gitAiNote";
import type { StatedRange } from "../../../../server/src/policy/interop/statedRange";

const METADATA = {
  schema_version: "authorship/3.0.0",
  base_commit_sha: "7734793b756b3921c88db5375a8c156e9532447b",
  prompts: {
    abcd1234abcd1234: {
      agent_id: { tool: "cursor", id: "old", model: "gpt-4" },
      total_additions: 50,
    },
  },
  humans: { h_31dce776f88375: { author: "Developer <dev@example.com>" } },
  sessions: {
    s_c9883b05a2487d: { agent_id: { tool: "claude", id: "conv_abc123", model: "claude-sonnet-4-5" } },
  },
};

function note(attestations: string, metadata: object = METADATA): string {
  return `${attestations}---\n${JSON.stringify(metadata, null, 2)}\n`;
}

const SESSION = "s_c9883b05a2487d::t_9f8e7d6c5b4a32";

function refusal(text: string): string {
  try {
    readGitAiNote(text);
  } catch (error) {
    if (error instanceof ProoflineError && error.code === "interop.input") {
      return error.reason;
    }
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a note of git-ai", () => {
  it("gives lines to sessions of either form, and a person's to nobody", () => {
    const read = readGitAiNote(
      note(
        `src/main.rs\n  ${SESSION} 1-10,15\n  h_31dce776f88375 20-25\n"src/my file.rs"\n  abcd1234abcd1234 1-50\n`,
      ),
    );
    const claude = { tool: "claude", session: "conv_abc123", model: "claude-sonnet-4-5" };
    expect(read).toEqual({
      passedOver: 1,
      ranges: [
        { path: "src/main.rs", startLine: 1, endLine: 10, ...claude },
        { path: "src/main.rs", startLine: 15, endLine: 15, ...claude },
        {
          path: "src/my file.rs",
          ...{ startLine: 1, endLine: 50, tool: "cursor", session: "old", model: "gpt-4" },
        },
      ],
    });
  });

  it("may hold nothing", () => {
    expect(readGitAiNote(note(""))).toEqual({ ranges: [], passedOver: 0 });
    const { sessions: _, ...older } = METADATA;
    expect(readGitAiNote(note("a.rs\n  abcd1234abcd1234 3\n", older)).ranges).toHaveLength(1);
  });

  it.each([
    ["no divider", "a.rs\n", /no line ---/],
    ["no JSON below it", "a.rs\n---\n{", /standard 3\.0\.0/],
    ["another version", note("", { ...METADATA, schema_version: "authorship/4.0.0" }), /standard 3\.0\.0/],
    ["half a character in a name", note("").replace("claude-sonnet", "\\ud800"), /standard 3\.0\.0/],
    ["lines before a file", note(`  ${SESSION} 1\n`), /before any file/],
    ["a key that it does not explain", note("a.rs\n  s_00000000000000::t_9f8e7d6c5b4a32 1\n"), /key/],
    ["a key of an object's own members", note("a.rs\n  constructor 1\n"), /key constructor/],
    ["a key without its trace", note("a.rs\n  s_c9883b05a2487d 1\n"), /key/],
    ["lines in no order", note(`a.rs\n  ${SESSION} 9-3\n`), /lines 9 to 3/],
    ["line 0", note(`a.rs\n  ${SESSION} 0\n`), /which are none/],
    ["a range without an end", note(`a.rs\n  ${SESSION} 3-\n`), /which are none/],
    ["lines beyond counting", note(`a.rs\n  ${SESSION} 1-99999999999\n`), /which are none/],
    ["an indented line of another kind", note(`a.rs\n  ${SESSION} one\n`), /neither a file nor lines/],
    ["a path that leads out", note(`../a.rs\n  ${SESSION} 1\n`), /no file inside the repository/],
    ["an absolute path", note(`/etc/passwd\n  ${SESSION} 1\n`), /no file inside the repository/],
    ["a path into git's own folder", note(`.git/config\n  ${SESSION} 1\n`), /no file inside the repository/],
    ["too many ranges", note(`a.rs\n  ${SESSION} ${"1,".repeat(50_001)}1\n`), /more than 50000/],
  ])("is refused as a whole with %s", (_, text, why) => {
    expect(refusal(text)).toMatch(why);
  });

  it("is read as it was written", () => {
    const name = fc
      .string({ unit: fc.constantFrom("a", "b", ".", " ", "-", "é"), minLength: 1, maxLength: 8 })
      .filter((text) => !/^\.+$/.test(text));
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `x${parts.join("/")}`);
    const range = fc.tuple(fc.integer({ min: 1, max: 900 }), fc.nat(90));
    const file = fc.tuple(path, fc.array(range, { minLength: 1, maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(file, { maxLength: 5 }), (files) => {
        const text = files
          .map(
            ([named, ranges]) =>
              `${named.includes(" ") ? `"${named}"` : named}\n  ${SESSION} ${ranges.map(([start, more]) => (more === 0 ? start : `${start}-${start + more}`)).join(",")}\n`,
          )
          .join("");
        const expected: StatedRange[] = files.flatMap(([named, ranges]) =>
          ranges.map(([start, more]) => ({
            path: named,
            ...{ startLine: start, endLine: start + more },
            ...{ tool: "claude", session: "conv_abc123", model: "claude-sonnet-4-5" },
          })),
        );
        expect(readGitAiNote(note(text)).ranges).toEqual(expected);
      }),
    );
  });

  it("is read or refused, and nothing else, whatever it holds", () => {
    const line = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom("a.rs", `  ${SESSION} 1-2`, "---", "  h_31dce776f88375 1", '"a b"', "  x 1", ""),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.boolean(), (lines, whole) => {
        const text = `${lines.join("\n")}\n`;
        try {
          readGitAiNote(whole ? note(text) : text);
        } catch (error) {
          expect(error).toBeInstanceOf(ProoflineError);
        }
      }),
    );
  });
});
