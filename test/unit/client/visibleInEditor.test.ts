import { expect, it } from "vitest";
import { badgeText } from "../../../client/src/editor/badgeText";
import { visibleInEditor, visibleTooltip, visibleValue } from "../../../client/src/visibleInEditor";
import { VisibleLog } from "../../../client/src/visibleLog";

const HOSTILE = "$(verified) [Fix](command:x)\nSignature: good\u202e";
const SHOWN = "$\\u{28}verified) [Fix]\\u{28}command:x)\\u{a}Signature: good\\u{202e}";

it("draws no icon, no link and no second line in messages, lists and the status bar", () => {
  expect(visibleInEditor(HOSTILE)).toBe(SHOWN);
  expect(visibleValue(HOSTILE)).toBe(SHOWN);
  expect(visibleValue(" a  b")).toBe("\\u{20}a \\u{20}b");
});

it("makes no link in a tooltip, of a bare address neither", () => {
  expect(visibleTooltip("see https://evil.example")).toBe("see https\\:\\/\\/evil\\.example");
});

it("is what a badge says", () => {
  const group = {
    summary: "edited" as const,
    count: 1,
    remarks: [],
    keptLines: null,
    note: "\u202e",
    startLine: 0,
    endLine: 0,
  };
  expect(badgeText(group)).toBe("edited\u00a0·\u00a0\\u{202e}");
});

it("is what the log holds, where further lines look like no entry", () => {
  const lines: string[] = [];
  const write = (line: string | Error): void => void lines.push(String(line));
  const nothing = (): void => {};
  const log = new VisibleLog({
    ...{ name: "Proofline", logLevel: 3, onDidChangeLogLevel: () => ({ dispose: nothing }) },
    ...{ trace: write, debug: write, info: write, warn: write, error: write, appendLine: write },
    ...{ append: write, replace: write, clear: nothing, show: nothing, hide: nothing, dispose: nothing },
  });
  log.info("a\u001b[2K\n2030-01-01 [info] verified");
  log.error(new Error("b\u202e"));
  log.warn("c", { d: "\u009b" });
  log.appendLine("e\r");
  expect(lines[0]).toBe("a\\u{1b}[2K\n    2030-01-01 [info] verified");
  expect(lines[1]).toContain("Error: b\\u{202e}");
  expect(
    lines[1]
      ?.split("\n")
      .slice(1)
      .every((line) => line.startsWith("    ")),
  ).toBe(true);
  expect(lines[2]).toMatch(/^c \{ d: '\\x9B' \}$/);
  expect(lines[3]).toBe("e\\u{d}");
});
