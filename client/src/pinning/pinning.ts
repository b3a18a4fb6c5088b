/** Pins a model: what would be downloaded is shown first, then fetched with progress that can be cancelled. */
import type { CancellationToken } from "vscode";
import { megabytes as size } from "../../../server/src/protocol/byteCount";
import {
  DidAdvanceDownload,
  PinModel,
  PlanModel,
  type WantedModel,
} from "../../../server/src/protocol/messages";
import { type Advance, withProgress } from "../dialogs";
import type { Server } from "../server";
import { visibleNameInEditor } from "../visibleInEditor";
import { agreed, askForTrust, askForVariant, replacementIsMeant } from "./modelQuestions";

export class Pinning {
  private onProgress: (progress: DidAdvanceDownload.Parameters) => void = () => {};

  constructor(private readonly server: Server) {
    server.onNotification(DidAdvanceDownload, (progress) => this.onProgress(progress));
  }

  /** Shows what would be pinned, asks, and pins; `undefined` where the person changed their mind. */
  async pin(folder: string | null, model: WantedModel): Promise<PinModel.Result | undefined> {
    const planned = await this.plan(folder, model);
    if (planned === undefined) {
      return undefined;
    }
    const trust = await askForTrust(planned.plan.signed);
    if (trust === undefined || !(await agreed(model, planned.plan, trust))) {
      return undefined;
    }
    const wanted = fixed(model, planned.plan);
    return this.carryOut({ folder, model: wanted, variant: planned.variant, trust }, planned.plan.name);
  }

  /** Asks what would be pinned and fetched; `undefined` where the person changed their mind. */
  private async plan(
    folder: string | null,
    model: WantedModel,
  ): Promise<{ readonly plan: PlanModel.Plan; readonly variant: string | null } | undefined> {
    const title = model.kind === "folder" ? "Proofline: reading the folder" : "Proofline: asking the hub";
    const ask = (variant: string | null): Thenable<PlanModel.Plan | PlanModel.Variants | undefined> =>
      cancellable(title, async (token) => {
        const answer = await this.server.request(PlanModel, { folder, model, variant }, token);
        return token.isCancellationRequested ? undefined : answer;
      });
    const first = await ask(null);
    if (first === undefined || first.kind === "plan") {
      return first && { plan: first, variant: null };
    }
    const variant = await askForVariant(first);
    if (variant === undefined) {
      return undefined;
    }
    const second = await ask(variant);
    return second?.kind === "plan" ? { plan: second, variant } : undefined;
  }

  /**
   * Pins; where other bytes are pinned under the name already, the person is asked whether that is meant. `undefined`
   * where they changed their mind.
   */
  private async carryOut(
    parameters: Omit<PinModel.Parameters, "replace">,
    name: string,
  ): Promise<PinModel.Result | undefined> {
    try {
      return await this.carryOutOnce({ ...parameters, replace: false }, name);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal?.code !== "model.replace") {
        throw error;
      }
      return (await replacementIsMeant(refusal.reason))
        ? this.carryOutOnce({ ...parameters, replace: true }, name)
        : undefined;
    }
  }

  private carryOutOnce(parameters: PinModel.Parameters, name: string): Thenable<PinModel.Result | undefined> {
    return cancellable(`Proofline: pinning ${visibleNameInEditor(name)}`, async (token, advance) => {
      let shownPercent = 0;
      this.onProgress = ({ path, done, total }) => {
        const percent = total === 0 ? 100 : (100 * done) / total;
        advance(`${size(done)} of ${size(total)}, ${path}`, Math.max(0, percent - shownPercent));
        shownPercent = Math.max(shownPercent, percent);
      };
      try {
        return await this.server.request(PinModel, parameters, token);
      } finally {
        this.onProgress = () => {};
      }
    });
  }
}

/** What was shown is what is pinned, even if the branch moves meanwhile. */
function fixed(model: WantedModel, plan: PlanModel.Plan): WantedModel {
  return model.kind === "huggingface" && plan.commit !== null ? { ...model, revision: plan.commit } : model;
}

/** Works under a notification with *Cancel*. Whoever clicks it knows what they did: no error is told, nothing follows. */
function cancellable<Value>(
  title: string,
  work: (token: CancellationToken, advance: Advance) => Promise<Value>,
): Thenable<Value | undefined> {
  return withProgress(title, async (token, advance) => {
    try {
      return await work(token, advance);
    } catch (error) {
      if (token.isCancellationRequested) {
        return undefined;
      }
      throw error;
    }
  });
}

/** What the server says of an error that a person can act on: its stable code, and what went wrong. */
function refusalOf(error: unknown): { readonly code: string; readonly reason: string } | undefined {
  const data: unknown = error instanceof Error && "data" in error ? error.data : undefined;
  if (typeof data !== "object" || data === null || !("code" in data) || !("reason" in data)) {
    return undefined;
  }
  const { code, reason } = data;
  return typeof code === "string" && typeof reason === "string" ? { code, reason } : undefined;
}
