/** Temporary folders, language servers on them, and places where the model has something to say. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Position } from "vscode-languageserver-protocol/node";
import { AnchorNow } from "../../server/src/protocol/messages";
import { Client, type Shown, type StartOptions, uriOf } from "./languageClient";
import { removeFolder } from "./removeFolder";

export class Workspace {
  private constructor(
    readonly home: string,
    readonly folder: string,
  ) {}

  /** A fresh git repository, and a fresh `PROOFLINE_HOME`. Both are gone after the test. */
  static create(options: { readonly git?: boolean; readonly home?: string } = {}): Workspace {
    const workspace = new Workspace(options.home ?? temporaryFolder("home"), temporaryFolder("folder"));
    if (options.git !== false) {
      execFileSync("git", ["init", "-q"], { cwd: workspace.folder });
    }
    return workspace;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  uri(name: string): string {
    return uriOf(this.path(name));
  }

  write(name: string, text: string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
    return this.uri(name);
  }

  /** Writes what the editor holds, and says so. */
  save(client: Client, name: string): void {
    this.write(name, client.text(this.uri(name)));
    client.saved(this.uri(name));
  }

  files(below: string): string[] {
    try {
      return readdirSync(this.path(below)).filter((name) => name.endsWith(".json"));
    } catch {
      return [];
    }
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** A server on this folder, ended after the test. */
  async start(options: Partial<StartOptions> = {}): Promise<Client> {
    const client = await Client.start({ home: this.home, folders: [this.folder], ...options });
    onTestFinished(() => client.stop());
    return client;
  }

  /** A server on this folder with its model loaded. */
  async startReady(options: Partial<StartOptions> = {}): Promise<Client> {
    const client = await this.start(options);
    await client.ready();
    return client;
  }
}

export function temporaryFolder(name: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `proofline-${name}-`)));
  // The chain host may still be writing its state as it ends.
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** A text with a place in it, marked `¦`. */
const PLACES = [
  "export class Stack<T> {\n  private readonly items: T[] = [];\n\n  push(item: T): void {\n    ¦\n  }\n\n  pop(): T | undefined {\n    return this.items.pop();\n  }\n}\n",
  "export function maximum(values: number[]): number {\n  let best = values[0];\n  for (const value of values) {\n    ¦\n  }\n  return best;\n}\n",
  "export function add(a: number, b: number): number {\n  ¦\n}\n\nexport function subtract(a: number, b: number): number {\n  return a - b;\n}\n",
  'const names = ["a", "b"];\nfor (const name of names) {\n  ¦\n}\n',
  "export function sum(values: number[]): number {\n  let total = 0;\n¦  return total;\n}\n",
  "export function isEmpty(list: readonly string[]): boolean {\n¦}\n",
  "module.exports = {\n  get(key) {\n    return this.store[key];\n  },\n\n  set(key, value) {¦\n};\n",
] as const;

export interface OfferedPlace {
  readonly uri: string;
  readonly name: string;
  readonly shown: Shown;
}

/**
 * Opens files until the model offers something that fits, so that a test holds for any model. `spell` is what is done
 * to the text before it is written, for other line ends.
 */
export async function offered(
  client: Client,
  workspace: Workspace,
  fits: (text: string) => boolean = () => true,
  spell: (text: string) => string = (text) => text,
): Promise<OfferedPlace> {
  for (const [index, place] of PLACES.entries()) {
    const name = `src/place${index}.ts`;
    const text = spell(place.replace("¦", ""));
    const uri = workspace.write(name, text);
    client.open(uri, text);
    const before = place.slice(0, place.indexOf("¦")).split("\n");
    const shown = await client.complete(uri, {
      line: before.length - 1,
      character: before.at(-1)?.length ?? 0,
    });
    if (shown !== null && fits(shown.text)) {
      return { uri, name, shown };
    }
    client.close(uri);
  }
  throw new Error("the model offers nothing that fits at any of the places");
}

/** A place where the embedded model is sure enough to answer unasked, below a line that a test may change. */
export function openSurePlace(client: Client, workspace: Workspace): { uri: string; cursor: Position } {
  const before = `// A stack.
export class Stack {
  constructor() {
    this.items = [];
  }

  push(item) {
    this.items.push(item);
  }

  pop() {
    return this.`;
  const text = `${before}\n  }\n}\n`;
  const uri = workspace.write("src/stack.js", text);
  client.open(uri, text, "javascript");
  return { uri, cursor: client.after(uri, before) };
}

/** Accepts what is offered, saves and anchors it. */
export async function anchoredPlace(client: Client, workspace: Workspace): Promise<OfferedPlace> {
  const place = await offered(client, workspace);
  const { uri, shown, name } = place;
  client.insert(uri, shown);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  workspace.save(client, name);
  await client.connection.sendRequest(AnchorNow.type);
  return place;
}

/** The same; the signed statement's JSON, as the evidence file holds it. */
export async function anchoredStatement(client: Client, workspace: Workspace): Promise<string> {
  await anchoredPlace(client, workspace);
  const [file = ""] = workspace.files(".proofline/evidence");
  const { envelope } = JSON.parse(workspace.read(join(".proofline/evidence", file)));
  return Buffer.from(envelope.payload, "base64").toString();
}
