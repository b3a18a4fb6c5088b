import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { SUMMARIES } from "../../../server/src/protocol/verdictWords";

const TOP = join(import.meta.dirname, "../../..");
const Theme = z.enum(["dark", "light", "highContrast", "highContrastLight"]);
type Theme = z.infer<typeof Theme>;
const Colors = z.object({
  contributes: z.object({
    colors: z.array(z.object({ id: z.string(), defaults: z.record(Theme, z.string()) })),
  }),
});

/** The editor's background, and that of the line that the cursor is on, in the themes that VS Code comes with. */
const BACKGROUNDS: Readonly<Record<Theme, readonly string[]>> = {
  dark: ["#1f1f1f", "#282828"],
  light: ["#ffffff", "#eeeeee"],
  highContrast: ["#000000"],
  highContrastLight: ["#ffffff"],
};

/** The least that WCAG 2.2 (1.4.3, 1.4.6) asks of text: AA, and AAA where a person asked for high contrast. */
const LEAST: Readonly<Record<Theme, number>> = {
  dark: 4.5,
  light: 4.5,
  highContrast: 7,
  highContrastLight: 7,
};

/** Relative luminance of `#rrggbb` (WCAG 2.2). */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const { colors } = Colors.parse(JSON.parse(readFileSync(join(TOP, "package.json"), "utf8"))).contributes;

describe("what badges are drawn in", () => {
  it.each(SUMMARIES)("can be read in every theme where it says %s, its icon, too", (summary) => {
    const color = colors.find(({ id }) => id === `proofline.${summary}Foreground`);
    for (const theme of Theme.options) {
      const text = color?.defaults[theme] ?? "";
      for (const background of BACKGROUNDS[theme]) {
        expect(contrast(text, background), `${theme} on ${background}`).toBeGreaterThanOrEqual(LEAST[theme]);
      }
      const icon = readFileSync(join(TOP, `media/icons/${theme}/${summary}.svg`), "utf8");
      expect(icon).toContain(text);
    }
  });
});
