import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGED_PATHS } from "../../../build/contents.mjs";
import { deadLinks, withPackagedNames } from "../../../build/links.mjs";

const TOP = join(import.meta.dirname, "../../..");
const FILES = new Set(["README.md", "LICENSE", "docs/one.md", "docs/two words.md", "media/picture.png"]);

function dead(path: string, text: string): string[] {
  return deadLinks([{ path, text }], FILES);
}

describe("links of the packaged pages", () => {
  it.each([
    ["README.md", "[one](docs/one.md), ![a picture](media/picture.png) and [the licence](LICENSE)"],
    ["README.md", "[all](docs) and [all](docs/)"],
    ["README.md", "[a part](docs/one.md#part) and [here](#part)"],
    ["README.md", "[words](docs/two%20words.md)"],
    ["README.md", '<img alt="" src="media/picture.png">'],
    ["docs/one.md", "[back](../README.md), [beside](<one.md>)\n\n[ref]: ../LICENSE"],
    ["README.md", "[outside](https://example.org/nothing.md), [mail](mailto:a@example.org)"],
    ["README.md", "[a command](command:proofline.anchorNow)"],
    ["README.md", "`[no link](nothing.md)`\n\n```md\n[nor this](nothing.md)\n```\n"],
  ])("are good in %s: %s", (path, text) => {
    expect(dead(path, text)).toEqual([]);
  });

  it.each([
    ["README.md", "[none](docs/none.md)", "docs/none.md"],
    ["README.md", "![none](media/none.png)", "media/none.png"],
    ["README.md", "[none](none.md#part)", "none.md"],
    ["README.md", '<a href="none.html">none</a>', "none.html"],
    ["docs/one.md", "[from the top](README.md)", "README.md"],
    ["docs/one.md", "[ref]: none.md", "none.md"],
  ])("are found dead in %s: %s", (path, text, target) => {
    expect(dead(path, text)).toEqual([`${path} links to ${target}, which is not in the package`]);
  });

  it("follow the files that vsce gives other names", () => {
    const led = (path: string, text: string): string => withPackagedNames({ path, text });
    expect(led("README.md", "[changes](CHANGELOG.md#one), [terms](LICENSE), [one](docs/one.md)")).toBe(
      "[changes](changelog.md#one), [terms](LICENSE.txt), [one](docs/one.md)",
    );
    expect(led("docs/one.md", "[back](../README.md) and [beside](README.md)")).toBe(
      "[back](../readme.md) and [beside](README.md)",
    );
  });

  it("all lead to what the package holds", () => {
    const files = PACKAGED_PATHS.flatMap((path) => filesIn(path));
    const pages = files
      .filter((path) => path.endsWith(".md"))
      .map((path) => ({ path, text: readFileSync(join(TOP, path), "utf8") }));
    expect(pages.map(({ path }) => path)).toContain("README.md");
    expect(deadLinks(pages, new Set(files))).toEqual([]);
    expect(deadLinks(pages, new Set()).length).toBeGreaterThan(10);
  });
});

function filesIn(path: string): string[] {
  return statSync(join(TOP, path)).isDirectory()
    ? readdirSync(join(TOP, path)).flatMap((name) => filesIn(`${path}/${name}`))
    : [path];
}
