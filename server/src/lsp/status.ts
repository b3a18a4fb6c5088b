import type { Connection } from "vscode-languageserver/node";
import { type ChainState, DidChangeStatus, type ModelState } from "../protocol/messages";

/** Tells the client what the status bar shows: whole, after every change, and not when nothing changed. */
export class Status {
  private model: ModelState = { kind: "loading" };
  private chain: ChainState = { kind: "idle" };
  private pending = 0;
  private proposedModel: string | null = null;
  private proposedChain: string | null = null;
  private proposedPolicy: DidChangeStatus.Parameters["proposedPolicy"] = null;
  private sent = "";
  private ready = false;

  constructor(private readonly connection: Connection) {}

  /** From now on the client can be told. */
  open(): void {
    this.ready = true;
    this.send();
  }

  setModel(model: ModelState): void {
    this.model = model;
    this.send();
  }

  setChain(chain: ChainState): void {
    this.chain = chain;
    this.send();
  }

  setPending(pending: number): void {
    this.pending = pending;
    this.send();
  }

  setProposedModel(name: string | null): void {
    this.proposedModel = name;
    this.send();
  }

  setProposedChain(name: string | null): void {
    this.proposedChain = name;
    this.send();
  }

  setProposedPolicy(what: DidChangeStatus.Parameters["proposedPolicy"]): void {
    this.proposedPolicy = what;
    this.send();
  }

  private send(): void {
    if (!this.ready) {
      return;
    }
    const parameters: DidChangeStatus.Parameters = {
      model: this.model,
      chain: this.chain,
      pending: this.pending,
      proposedModel: this.proposedModel,
      proposedChain: this.proposedChain,
      proposedPolicy: this.proposedPolicy,
    };
    const text = JSON.stringify(parameters);
    if (text === this.sent) {
      return;
    }
    this.sent = text;
    void this.connection.sendNotification(DidChangeStatus.type, parameters);
  }
}
