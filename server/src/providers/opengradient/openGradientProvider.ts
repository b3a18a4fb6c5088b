import type { EnclaveFacts } from "../../inference/enclaveOutput";
import type { CompletionRequest } from "../../inference/engine/engine";
import { Harmless } from "../../inference/trim/harmless";
import { ProoflineError } from "../../platform/errors";
import type { ChainHash } from "../../platform/primitives";
import { Digest } from "../../platform/primitives";
import type { RemedyKey } from "../../platform/remedy";
import type { SettlementKind } from "../../protocol/settlementKinds";
import { AnswerFlaw } from "../attestation/answerFlaw";
import type { OfferOutcome, Provider } from "../provider";
import { displayedOf } from "./answerText";
import { chatPrompt } from "./chatPrompt";
import { checkClaimedAnswer, MOST_ANSWERED } from "./claimedAnswer";
import { OPENGRADIENT_SCHEME, requestBody } from "./completionRequest";
import {
  type EnclaveEndpoint,
  type EnclaveReply,
  type PostParameters,
  postToEnclave,
  requestCancelled,
} from "./enclaveConnection";
import type { RegistryTestimony } from "./registryTestimony";
import { readAnswer, type SignedAnswer } from "./signedAnswer";
import { StreamedText } from "./streamedText";

const PATH = "/v1/chat/completions";
const PAYMENT_REQUIRED = 402;
/** How far an enclave's clock may be from this computer's: what the registry says now has to hold for the answer's time, too. */
const MOST_SECONDS_APART = 600;

/** What answers an enclave that asks for money. */
export interface Payer {
  /** Headers of a session that is paid for, once none is being opened; `null` where there is none. */
  session(): Promise<SessionHeaders | null>;
  /** The gateway takes a session no more; another that was opened since stays. */
  sessionEnded(session: SessionHeaders): void;
  /**
   * Pays what a reply asks for: asks again, once, with headers that pay, or with those of a session that somebody else opened meanwhile.
   *
   * @param send tells what comes in answer before the answer is whole: a session that was opened, say
   * @param signal as long as it is not aborted, somebody waits for the answer; nothing is paid for else
   * @throws ProoflineError `enclave.payment` where it asks for more, for something else, or for somebody else than was agreed to; what
   *   `send` throws
   */
  open(
    reply: EnclaveReply,
    send: (headers: SessionHeaders, heard: HeadListener) => Promise<EnclaveReply>,
    signal?: AbortSignal,
  ): Promise<EnclaveReply>;
  /** What comes in answer to who asked within a session. */
  answered(session: SessionHeaders, reply: Pick<EnclaveReply, "headers">): void;
}

/** Is told what comes in answer, before the answer is whole. */
export type HeadListener = (reply: Pick<EnclaveReply, "headers">) => void;

export type SessionHeaders = Readonly<Record<string, string>>;

export const NO_WALLET = "The enclave asks for a payment, and no wallet is set for it, so nothing was paid.";
/** Pays nothing, for want of a wallet. */
export const NO_PAYER = refusingPayer(NO_WALLET, "setWallet");

/** Pays nothing to a program on this computer. */
export const RELAY_PAYER = refusingPayer(
  "The address that is asked in the enclave's place asks for a payment, which Proofline never makes there.",
  "changeRelay",
);

function refusingPayer(reason: string, remedy: RemedyKey): Payer {
  return {
    session: async () => null,
    sessionEnded: () => {},
    open: () => Promise.reject(new ProoflineError("enclave.payment", reason, remedy)),
    answered: () => {},
  };
}

/** Where an enclave is asked, and the word of the registry by which it may be. */
export interface AskableEnclave {
  readonly endpoint: EnclaveEndpoint;
  readonly testimony: RegistryTestimony;
}

export interface OpenGradientParameters {
  /** The name that the registry knows the enclave by. */
  readonly enclave: ChainHash;
  /** As OpenGradient calls it. */
  readonly model: string;
  readonly settlement: SettlementKind;
  /** Asked before each request leaves. @throws ProoflineError where the enclave may not be asked, or nobody can tell */
  readonly askable: () => Promise<AskableEnclave>;
  readonly payer: Payer;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** SHA-256 of the root certificate that vouches for attestation documents; Amazon's unless said. */
  readonly root?: Digest;
}

/**
 * Suggestions of a model behind one of OpenGradient's enclaves. Nothing is offered but what the enclave has signed to its end, whose
 * signature fits this very request, and whose code the registry approves: what anybody will check of it later is checked first.
 */
export class OpenGradientProvider implements Provider {
  readonly kind = "opengradient";
  readonly notice = null;
  readonly languages = null;
  readonly facts: EnclaveFacts;

  constructor(private readonly parameters: OpenGradientParameters) {
    this.facts = {
      scheme: OPENGRADIENT_SCHEME,
      enclave: Digest.parse(parameters.enclave.slice(2)),
      model: { name: parameters.model },
    };
  }

  async suggest(
    request: CompletionRequest,
    signal?: AbortSignal,
    onText: (text: string) => void = () => {},
  ): Promise<OfferOutcome> {
    const { model, settlement } = this.parameters;
    const prompt = chatPrompt(request);
    const body = requestBody({ model, prompt, maxTokens: request.maxTokens });
    const { endpoint, testimony } = await this.parameters.askable();
    let reply: EnclaveReply;
    try {
      const streamed = new StreamedText();
      reply = await this.ask(endpoint, body, signal, (part) => onText(streamed.add(part)));
    } catch (error) {
      if (error instanceof ProoflineError && error.code === "inference.cancelled") {
        return { kind: "nothing", reason: "cancelled" };
      }
      throw error;
    }
    const answer = readReply(reply);
    // Nobody signs why an answer ended, so that one that was cut is not offered in the first place.
    if (answer.finish === "length" || answer.output.signed.length > MOST_ANSWERED) {
      return { kind: "nothing", reason: "cut" };
    }
    const displayed = displayedOf(answer.output.signed, prompt);
    const checked = await this.checked(body, reply.body, { answer, displayed, testimony });
    if (displayed === "") {
      return { kind: "nothing", reason: "empty" };
    }
    if (!new Harmless(request, false).is(displayed)) {
      return { kind: "nothing", reason: "harm" };
    }
    return {
      kind: "offered",
      offered: { kind: "attested", facts: this.facts, output: { ...checked, prompt, displayed, settlement } },
    };
  }

  prepare(): void {}

  readAhead(): void {}

  async dispose(): Promise<void> {}

  /**
   * Sends a request: within a session where one is open, and else with the payment that is asked for. Once something was paid, it is not
   * sent again, whatever comes of it; and where nobody waits for it any more, its connection ends only when the session is known that was
   * paid for.
   */
  private async ask(
    endpoint: EnclaveEndpoint,
    body: string,
    signal: AbortSignal | undefined,
    onPart: (text: string) => void,
  ): Promise<EnclaveReply> {
    const { settlement, payer } = this.parameters;
    const headers = {
      accept: "text/event-stream",
      "content-type": "application/json",
      "x-settlement-type": settlement,
    };
    const post = (more: SessionHeaders, ending: AbortSignal | undefined, heard: PostParameters["heard"]) =>
      postToEnclave(endpoint, {
        ...{ path: PATH, body, headers: { ...headers, ...more } },
        signal: ending,
        onPart,
        ...(heard !== undefined && { heard }),
      });
    const session = await unlessAborted(payer.session(), signal);
    let reply = await post(
      session ?? {},
      signal,
      session === null ? undefined : (told) => payer.answered(session, told),
    );
    if (reply.status === PAYMENT_REQUIRED && session !== null) {
      payer.sessionEnded(session);
      reply = await post({}, signal, undefined);
    }
    if (reply.status === PAYMENT_REQUIRED) {
      const ending = new AbortController();
      const opened = payer.open(
        reply,
        (payment, heard) =>
          post(payment, ending.signal, (told) => {
            heard(told);
            abortWith(ending, signal);
          }),
        signal,
      );
      reply = await unlessAborted(opened, signal);
    }
    if (reply.status === PAYMENT_REQUIRED) {
      throw new ProoflineError("enclave.payment", "The enclave did not accept the payment.", "setWallet");
    }
    if (reply.status !== 200) {
      throw answerError(`it answered with HTTP ${reply.status}`);
    }
    return reply;
  }

  /** What evidence holds of an answer, once all that a reader will check holds. */
  private async checked(
    request: string,
    body: string,
    {
      answer: { signature, timestamp, enclave },
      displayed,
      testimony,
    }: {
      readonly answer: SignedAnswer;
      readonly displayed: string;
      readonly testimony: RegistryTestimony;
    },
  ) {
    if (enclave !== this.parameters.enclave) {
      throw answerError("another enclave signed it than the one that was asked");
    }
    if (Math.abs(timestamp - this.parameters.now()) > MOST_SECONDS_APART) {
      throw answerError("the time that the enclave signed is far from that of this computer's clock");
    }
    const claimed = {
      enclave: this.facts.enclave,
      model: this.facts.model.name,
      ...{ request, answer: body, signature, timestamp, displayed },
      settlement: this.parameters.settlement,
      isTrimKnown: true,
    };
    const { root } = this.parameters;
    const { summary, checks } = await checkClaimedAnswer(claimed, {
      registry: testimony,
      ...(root !== undefined && { root }),
    });
    if (summary !== "approved") {
      const why = checks.find(
        ({ value }) => value === (summary === "contradicted" ? "failed" : "notChecked"),
      );
      throw answerError(`it does not hold (${why?.reason ?? summary})`);
    }
    const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
    return {
      request: base64(request),
      answer: base64(body),
      signature: signature.toString("base64"),
      timestamp,
    };
  }
}

/** Aborts once a signal is, or if it is already. */
function abortWith(controller: AbortController, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    controller.abort();
  } else {
    signal?.addEventListener("abort", () => controller.abort(), { once: true });
  }
}

/** @throws ProoflineError `inference.cancelled` as soon as a signal is aborted, whatever becomes of the work */
function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) {
    return work;
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(requestCancelled());
    const settle = (finish: () => void): void => {
      signal.removeEventListener("abort", abort);
      finish();
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) {
      abort();
    }
    work.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}

function readReply({ headers, body }: EnclaveReply): SignedAnswer {
  const isStream = headers["content-type"]?.startsWith("text/event-stream") ?? false;
  try {
    const answer = readAnswer(isStream ? "stream" : "body", body);
    if (answer.output.kind !== "text") {
      throw answerError("it is a call of tools, and no text");
    }
    return answer;
  } catch (error) {
    throw error instanceof AnswerFlaw ? answerError(error.message) : error;
  }
}

function answerError(why: string): ProoflineError {
  return new ProoflineError("enclave.answer", `The enclave's answer cannot be used: ${why}.`, "tryAgain");
}
