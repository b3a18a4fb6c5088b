import { expect, it } from "vitest";
import { ResponseError } from "vscode-languageserver/node";
import { EditorError } from "../../../server/src/lsp/editorError";
import { answer } from "../../../server/src/lsp/requests";
import { ProoflineError } from "../../../server/src/platform/errors";

async function answered(error: unknown): Promise<{ readonly thrown: unknown; readonly logged: string[] }> {
  const logged: string[] = [];
  const connection = { console: { error: (line: string) => void logged.push(line) } };
  const thrown = await answer(connection, () => Promise.reject(error)).catch((caught: unknown) => caught);
  return { thrown, logged };
}

it("answers an error with its remedy worded for the editor", async () => {
  const error = new ProoflineError("model.missing", "It has several variants.", "chooseVariant");
  const remedy = "Run Proofline: Pin a Model… again and pick one of them.";
  const { thrown, logged } = await answered(error);
  expect(thrown).toBeInstanceOf(ResponseError);
  expect(thrown).toMatchObject({
    message: `It has several variants. ${remedy}`,
    data: { code: "model.missing", reason: "It has several variants.", remedy },
  });
  expect(logged).toEqual([]);
});

it("answers an error of the editor alone", async () => {
  const error = new EditorError("document", "The document is not open.", "Open it and try again.");
  expect((await answered(error)).thrown).toMatchObject({
    message: "The document is not open. Open it and try again.",
    data: { code: "document", remedy: "Open it and try again." },
  });
});

it("logs a defect", async () => {
  const { thrown, logged } = await answered(new TypeError("x is not a function"));
  expect(thrown).toMatchObject({ message: "x is not a function", data: undefined });
  expect(logged).toEqual([expect.stringContaining("TypeError")]);
});
