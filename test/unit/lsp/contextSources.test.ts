import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ContextRing } from "../../../server/src/inference/prompt/contextRing";
import { ContextSources } from "../../../server/src/lsp/completion/contextSources";
import { DocumentLocations } from "../../../server/src/lsp/documents/documentLocations";
import { OpenDocument } from "../../../server/src/lsp/documents/openDocument";
import { SettingsStore } from "../../../server/src/lsp/settingsStore";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { uriOf } from "../../support/languageClient";
import { temporaryFolder } from "../../support/workspace";

const lines = (name: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `export const ${name}${index} = ${index};\n`).join("");

class Editor {
  readonly root = temporaryFolder("sources");
  readonly settings = SettingsStore.from(undefined);
  readonly placements = new DocumentLocations([this.root]);
  time = 0;
  readonly sources = new ContextSources(this.placements, this.settings, () => this.time);
  private version = 1;

  constructor() {
    this.git("init", "-q");
  }

  git(...parameters: string[]): void {
    execFileSync("git", parameters, { cwd: this.root });
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  open(path: string, text: string, options: { readonly tracked?: boolean } = {}): OpenDocument {
    this.write(path, text);
    if (options.tracked !== false) {
      this.git("add", "-f", "--", path);
    }
    const document = new OpenDocument(uriOf(join(this.root, path)), "typescript", 1, text);
    this.sources.opened(document);
    return document;
  }

  type(document: OpenDocument, offset: number, text: string): void {
    const at = document.positionAt(offset);
    document.change([{ range: { start: at, end: at }, text }], ++this.version);
    this.sources.edited(document, document.lastEdits);
  }

  chunks(document: OpenDocument, offset = 0) {
    return this.sources.chunksFor(document, this.root, offset);
  }

  paths(document: OpenDocument, offset = 0): string[] {
    return this.chunks(document, offset).map(({ path }) => path);
  }
}

describe("the sources of chunks", () => {
  test("are tracked files of the repository that hold no secrets, and none before git was asked", async () => {
    const editor = new Editor();
    const active = editor.open("src/active.ts", "");
    editor.open("src/a.ts", lines("a", 5));
    editor.open("src/new.ts", lines("fresh", 5), { tracked: false });
    editor.write(".gitignore", "ignored/\n");
    editor.open("ignored/b.ts", lines("b", 5), { tracked: false });
    editor.open(".env", lines("c", 5));
    expect(editor.paths(active)).toEqual([]);
    await editor.sources.refresh();
    expect(editor.paths(active)).toEqual(["src/a.ts"]);
    expect(editor.sources.textsBeside(active, editor.root)).toEqual([lines("a", 5)]);
    expect(editor.sources.textsBeside(active, "/elsewhere")).toEqual([]);
    editor.git("add", "src/new.ts");
    await editor.sources.refresh();
    expect(editor.paths(active)).toEqual(["src/a.ts", "src/new.ts"]);
    editor.git("rm", "-q", "--cached", "src/a.ts");
    await editor.sources.refresh();
    expect(editor.paths(active)).toEqual(["src/new.ts"]);
  });

  test("give the same chunks with each key, and others after a switch or a pause", async () => {
    const editor = new Editor();
    const active = editor.open("active.ts", lines("x", 3));
    const a = editor.open("a.ts", lines("alpha", 50));
    editor.open("b.ts", lines("bravo", 50));
    editor.open("c.ts", lines("delta", 50));
    await editor.sources.refresh();
    const first = editor.chunks(active);
    expect(first.map(({ path }) => path)).toEqual(["b.ts", "c.ts"]);
    for (const [index, key] of [..."return alpha0;"].entries()) {
      editor.type(active, index, key);
      expect(editor.chunks(active, index + 1)).toBe(first);
    }
    editor.time += 30_000;
    expect(editor.paths(active, 14)).toEqual(["a.ts", "c.ts"]);
    expect(editor.paths(a)).toEqual(["c.ts", "active.ts"]);
    editor.type(a, a.text.indexOf("alpha40"), "changed ");
    expect(editor.chunks(active, 14).map(({ text }) => text.includes("changed alpha40"))).toContain(true);
  });

  test("quote a closed file as it was saved, a deleted one not at all", async () => {
    const editor = new Editor();
    const active = editor.open("active.ts", "");
    const a = editor.open("a.ts", lines("a", 3));
    editor.open("b.ts", lines("b", 3));
    editor.type(a, 0, "// never saved\n");
    await editor.sources.refresh();
    expect(editor.chunks(active).map(({ text }) => text)).toContain(`// never saved\n${lines("a", 3)}`);
    editor.sources.closed(a);
    expect(editor.paths(active)).toEqual(["b.ts"]);
    await editor.sources.refresh();
    expect(editor.chunks(active).map(({ text }) => text)).toContain(lines("a", 3));
    rmSync(join(editor.root, "a.ts"));
    await editor.sources.refresh();
    expect(editor.paths(active)).toEqual(["b.ts"]);
  });

  test("give nothing where the setting is 0 or the workspace is not trusted", async () => {
    const editor = new Editor();
    const active = editor.open("active.ts", "");
    editor.open("a.ts", lines("a", 5));
    await editor.sources.refresh();
    expect(editor.paths(active)).toEqual(["a.ts"]);
    editor.settings.replace({ ...DEFAULT_SETTINGS, contextChunks: 0 });
    expect(editor.paths(active)).toEqual([]);
    editor.settings.replace({ ...DEFAULT_SETTINGS, trusted: false });
    await editor.sources.refresh();
    expect(editor.paths(active)).toEqual([]);
  });

  test("are looked through once for all the keys of a document, and once for a switch", async () => {
    const editor = new Editor();
    const active = editor.open("active.ts", lines("x", 50));
    const other = editor.open("other.ts", lines("y", 50));
    await editor.sources.refresh();
    const choose = vi.spyOn(ContextRing.prototype, "choose");
    onTestFinished(() => choose.mockRestore());
    for (let key = 0; key < 20; key += 1) {
      editor.type(active, key, "a");
      editor.chunks(active, key);
    }
    expect(choose).toHaveBeenCalledTimes(1);
    editor.chunks(other);
    editor.chunks(other);
    expect(choose).toHaveBeenCalledTimes(2);
  });
});
