import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { declares, missingPaths, namedPlaces, pathsIn } from "../../support/documentation";
import { MAY_IMPORT } from "../../support/imports";

const top = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(top, path), "utf8");
const architecture = read("docs/architecture.md");

describe("docs/architecture.md", () => {
  it("names files that declare what it says of them", () => {
    const places = namedPlaces(architecture);
    expect(places.length).toBeGreaterThan(50);
    expect(places.filter((place) => !declares(top, place))).toEqual([]);
  });

  it("names something of every file on the way of one suggestion", () => {
    const way = /^## The way of one suggestion$(.*?)^## /ms.exec(architecture)?.[1] ?? "";
    const named = new Set(namedPlaces(way).map(({ path }) => path));
    expect(named.size).toBeGreaterThan(20);
    expect(pathsIn(way).filter((path) => !named.has(path))).toEqual([]);
  });

  it("has a row for each room, with the arrows that hold", () => {
    const rooms = readdirSync(join(top, "server/src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    const rows = [...architecture.matchAll(/^\| (\w+) \| .* \| (.*)\|$/gm)]
      .map(([, room = "", others = ""]) => [room, others.match(/\w+/g) ?? []] as const)
      .filter(([room]) => room !== "room");
    const arrows = rooms.map(
      (room) => [room, (MAY_IMPORT[room] ?? []).filter((other) => rooms.includes(other))] as const,
    );
    expect(new Map(rows)).toEqual(new Map(arrows));
  });

  it.each([
    ["a function that is not there", "server/src/policy/summary.ts", "summarise"],
    ["a method that is not there", "server/src/evidence/repository/repository.ts", "Repository.writeVerdict"],
    ["a method of another class", "server/src/evidence/repository/repository.ts", "Repository.accept"],
    ["a file that is not there", "server/src/policy/sumary.ts", "summarize"],
    ["a name that is only used", "server/src/workflows/verify.ts", "checkChain"],
  ])("would fail for %s", (_, path, name) => {
    const [place] = namedPlaces(`1. \`${path}\`\n   \`${name}\`: planted.`);
    expect(place).toEqual({ path, name });
    expect(declares(top, { path, name })).toBe(false);
  });
});

const PAGES = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "server/training/README.md"],
  ...readdirSync(join(top, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

describe("documentation", () => {
  it.each(PAGES)("names files and folders that are there: %s", (page) => {
    expect(missingPaths(top, read(page))).toEqual([]);
  });

  it("would fail for a file or folder that is not there", () => {
    const planted =
      "See `server/src/provenance/`.\n\n```\nserver/src/actions/   shared steps\ntest/   tests\n```\n";
    expect(missingPaths(top, planted)).toEqual(["server/src/provenance/", "server/src/actions/"]);
  });
});
