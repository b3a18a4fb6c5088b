import { expect, it } from "vitest";
import {
  type DocumentListener,
  dispatchDocumentEvents,
} from "../../../server/src/lsp/documents/documentEvents";
import { OpenDocument } from "../../../server/src/lsp/documents/openDocument";

type Documents = Parameters<typeof dispatchDocumentEvents>[0];
type Happening = (event: { readonly document: OpenDocument }) => void;

/** Open documents, of which the test says what happens to them. */
function happenings() {
  const heard = new Map<string, Happening>();
  const on = (name: string) => (listener: Happening) => void heard.set(name, listener);
  const documents = {
    onDidOpen: on("open"),
    onDidSave: on("save"),
    onDidClose: on("close"),
    onDidChangeContent: on("change"),
  } as unknown as Documents;
  return { documents, tell: (name: string, document: OpenDocument) => heard.get(name)?.({ document }) };
}

const document = (): OpenDocument => new OpenDocument("file:///a.ts", "typescript", 1, "text");

it("tells each feature once those before it are done, also where one fails", async () => {
  const { documents, tell } = happenings();
  const seen: string[] = [];
  const logged: string[] = [];
  let end = (): void => {};
  const slow: DocumentListener = {
    opened: async () => {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      seen.push("slow");
    },
  };
  const failing: DocumentListener = {
    opened: () => {
      throw new Error("no");
    },
  };
  const done = new Promise<void>((resolve) => {
    const last: DocumentListener = {
      opened: () => {
        seen.push("last");
        resolve();
      },
    };
    dispatchDocumentEvents(documents, [slow, failing, last], (line) => logged.push(line));
  });
  tell("open", document());
  expect(seen).toEqual([]);
  end();
  await done;
  expect(seen).toEqual(["slow", "last"]);
  expect(logged.join()).toContain("no");
});

it("tells of edits at once, in order, and not of a change that changes nothing", () => {
  const { documents, tell } = happenings();
  const seen: string[] = [];
  const listener = (name: string): DocumentListener => ({
    edited: (_, edits) => void seen.push(`${name} ${edits.length}`),
  });
  dispatchDocumentEvents(documents, [listener("first"), listener("second")], () => {});
  const edited = document();
  tell("change", edited);
  expect(seen).toEqual([]);
  edited.change([{ text: "other" }], 2);
  tell("change", edited);
  expect(seen).toEqual(["first 1", "second 1"]);
});

it("lets features that do not wait forget a closed document before anything else happens", async () => {
  const { documents, tell } = happenings();
  const seen: string[] = [];
  const waits: DocumentListener = {
    opened: () => new Promise(() => {}),
    closed: () => void seen.push("one"),
  };
  const forgets: DocumentListener = { closed: () => void seen.push("two") };
  dispatchDocumentEvents(documents, [waits, forgets], () => {});
  tell("open", document());
  tell("close", document());
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(seen).toEqual(["one", "two"]);
});
