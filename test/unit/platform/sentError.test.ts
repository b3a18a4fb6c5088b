import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { HostAnnouncement, HostAnswer, parse } from "../../../server/src/chain/embedded/hostMessages";
import { ERROR_CODES, messageOf, ProoflineError } from "../../../server/src/platform/errors";
import { REMEDY_KEYS } from "../../../server/src/platform/remedy";
import { receivedError, sentError } from "../../../server/src/platform/sentError";

/** Every code with every remedy would be the same test over and over: each is there once or more. */
const errors = REMEDY_KEYS.map(
  (remedy, index) =>
    new ProoflineError(ERROR_CODES[index % ERROR_CODES.length] ?? "usage", `Reason ${index}.`, remedy),
);

function expectSame(received: Error, { code, reason, remedy }: ProoflineError): void {
  expect(received).toBeInstanceOf(ProoflineError);
  expect(received).toMatchObject({ code, reason, remedy, message: reason });
}

describe("an error", () => {
  it("has every code among the samples", () => {
    expect(new Set(errors.map(({ code }) => code)).size).toBe(ERROR_CODES.length);
  });

  it.each(errors)("crosses from thread to thread: $remedy", (error) => {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(sentError(error));
    expectSame(receivedError(receiveMessageOnPort(port2)?.message), error);
    port1.close();
  });

  it.each(errors)("crosses the chain host's socket: $remedy", (error) => {
    const answer = HostAnswer.parse(parse(JSON.stringify({ id: 1, error: sentError(error) })));
    expectSame(receivedError("error" in answer ? answer.error : null), error);
    const announced = HostAnnouncement.parse(
      parse(JSON.stringify({ state: "failed", error: sentError(error) })),
    );
    expectSame(receivedError(announced.state === "failed" ? announced.error : null), error);
  });

  it("that nobody foresaw arrives as a defect with its message", () => {
    const received = receivedError(structuredClone(sentError(new TypeError("x is not a function"))));
    expect(received).not.toBeInstanceOf(ProoflineError);
    expect(messageOf(received)).toBe("x is not a function");
  });

  it.each([
    undefined,
    null,
    "chain.host",
    { code: "chain.host", reason: "It failed." },
    { code: "chain.host", reason: "It failed.", remedy: "Run this: rm -rf /" },
    { code: "new.code", reason: "It failed.", remedy: "tryAgain" },
    { code: "chain.host", reason: 7, remedy: "tryAgain" },
    { code: "chain.host", reason: "It failed.", remedy: "tryAgain", more: true },
  ])("in another shape arrives as a defect: %j", (raw) => {
    expect(receivedError(raw)).not.toBeInstanceOf(ProoflineError);
    expect(HostAnswer.safeParse({ id: 1, error: raw }).success).toBe(false);
  });
});
