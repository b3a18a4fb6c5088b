import assert from "node:assert/strict";
import * as vscode from "vscode";
import { eventually } from "../../support/eventually";
import { scaled } from "../slowness";

/** What only a defect takes; mocha ends a test a little later. */
const WAITING = { milliseconds: scaled(45_000) };

const ID = "proofline.proofline";

/** What only code inside the extension host can see: activation, commands, defaults, the document's exact text. */
export function define(): void {
  describe("the extension", () => {
    it("activates by itself after startup", async () => {
      const extension = vscode.extensions.getExtension(ID);
      assert.ok(extension, `${ID} is installed`);
      await eventually("activation", () => extension.isActive, WAITING);
    });

    it("runs where the files are", () => {
      assert.equal(vscode.extensions.getExtension(ID)?.extensionKind, vscode.ExtensionKind.Workspace);
    });

    it("registers every command that its manifest names", async () => {
      const manifest = vscode.extensions.getExtension(ID)?.packageJSON as {
        contributes: { commands: readonly { command: string }[] };
      };
      const registered = new Set(await vscode.commands.getCommands(true));
      const missing = manifest.contributes.commands.filter(({ command }) => !registered.has(command));
      assert.deepEqual(missing, []);
    });

    it("names no proposed API", () => {
      const manifest = vscode.extensions.getExtension(ID)?.packageJSON as Record<string, unknown>;
      assert.equal(manifest.enabledApiProposals, undefined);
    });

    it("never binds Tab", () => {
      const manifest = vscode.extensions.getExtension(ID)?.packageJSON as {
        contributes: { keybindings: readonly { key: string; mac?: string }[] };
      };
      const keys = manifest.contributes.keybindings.flatMap(({ key, mac }) => [key, mac ?? key]);
      assert.deepEqual(
        keys.filter((key) => /(^|\+| )tab$/i.test(key)),
        [],
      );
    });
  });

  describe("a suggestion", () => {
    it("becomes text with the document's own line ends, and undo takes it back", async () => {
      const editor = await open(BEGINNING.replaceAll("\n", "\r\n"));
      const before = editor.document.getText();
      await accept(editor, "editor.action.inlineSuggest.commit");
      assert.ok(editor.document.getText().length > before.length);
      assert.doesNotMatch(editor.document.getText(), /[^\r]\n/, "every line still ends in CRLF");
      await vscode.commands.executeCommand("undo");
      assert.equal(editor.document.getText(), before);
    });

    it("is the same text whether it is accepted as a whole or word by word", async () => {
      const whole = await open(BEGINNING);
      await accept(whole, "editor.action.inlineSuggest.commit");
      const byWord = await open(BEGINNING);
      await accept(byWord, "editor.action.inlineSuggest.acceptNextWord");
      const word = byWord.document.getText().slice(BEGINNING.length);
      assert.ok(word.length > 0);
      assert.ok(
        whole.document.getText().slice(BEGINNING.length).startsWith(word),
        `${JSON.stringify(word)} begins what the whole suggestion added`,
      );
    });
  });
}

/** Something that a small model completes with confidence. */
const BEGINNING = `export function add(a, b) {
  return a + b;
}

export function subtract(a, b) {
`;

/** Asks for a suggestion at the end of the document and runs the command until it has changed the text. */
async function accept(editor: vscode.TextEditor, command: string): Promise<void> {
  const before = editor.document.version;
  const changed = (): boolean => editor.document.version !== before;
  const run = async (): Promise<boolean> => {
    await vscode.commands.executeCommand(command);
    return changed();
  };
  await eventually(
    "an accepted suggestion",
    async () => {
      await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
      await eventually("the text", run, { milliseconds: scaled(3_000) }).catch(() => false);
      return changed();
    },
    WAITING,
  );
}

let fileNumber = 1;

async function open(content: string): Promise<vscode.TextEditor> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, "the tests run in a folder");
  const uri = vscode.Uri.joinPath(folder.uri, `extension-host-${fileNumber++}.js`);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(content));
  const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
  editor.selection = new vscode.Selection(end, end);
  return editor;
}
