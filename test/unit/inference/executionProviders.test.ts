import { expect, it } from "vitest";
import { couldNotBeUsed } from "../../../server/src/inference/graph/executionProviders";

const PLACE =
  "N:\\_work\\1\\s\\onnxruntime\\core\\providers\\dml\\dml_provider_factory.cc(512)\\onnxruntime.dll!";

it.each([
  [`${PLACE}000000000FBBCBD0: (caller: 000000000FBBCF0A) Exception(1) tid(630) 887A0004`, "error 887A0004"],
  [
    `${PLACE}00007FFB0E91A7C4: (caller: 00007FFB0E8E3B2F) ReturnHr(2) tid(4c8) 80070057 The parameter is incorrect.`,
    "error 80070057 The parameter is incorrect",
  ],
])("says of what Windows reports only what happened", (message, reason) => {
  expect(couldNotBeUsed("directml", new Error(message))).toBe(
    `DirectML could not be used (${reason}), so the processor runs the model.`,
  );
});
