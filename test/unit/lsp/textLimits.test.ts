import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { textOffReason } from "../../../server/src/lsp/completion/textLimits";

const reasonFor = (text: string, languageId = "typescript"): string | null => textOffReason(text, languageId);
const minified = (length: number): string =>
  'var a=function(b){return b.c("d",[e,f])};'.repeat(length).slice(0, length);

describe("the limits of a text", () => {
  it("are exact in size and line", () => {
    expect(reasonFor("x".repeat(10_000))).toBeNull();
    expect(reasonFor(`a\n${"x".repeat(10_001)}`)).toContain("10,000");
    expect(reasonFor("x\n".repeat(500_000))).toBeNull();
    expect(reasonFor(`${"x\n".repeat(500_000)}x`)).toContain("1 MB");
    expect(reasonFor("é\n".repeat(333_334))).toContain("1 MB");
  });

  it("leave minified text alone", () => {
    for (const text of [
      minified(10_000),
      `/* Licence */\n${minified(2_000)}\n`,
      `${minified(600)}\n`.repeat(20),
    ]) {
      expect(reasonFor(text)).toBe("The file looks minified: most of it stands in very long lines of code.");
    }
  });

  it("are not met by what people write", () => {
    const own = readFileSync(new URL(import.meta.url), "utf8");
    const prose = "Somebody writes a whole paragraph in one line, as people do. ".repeat(40);
    expect(reasonFor(own.repeat(20))).toBeNull();
    expect(reasonFor(`const table = "${minified(3_000)}";\n${own.repeat(4)}`)).toBeNull();
    expect(reasonFor(`const image = "${"iVBORw0KGgo".repeat(500)}";\n`)).toBeNull();
    expect(reasonFor(prose)).toBeNull();
    expect(reasonFor(`${"[a](b), ".repeat(300)}\n`, "markdown")).toBeNull();
  });
});
