/** What is known of each document's suggestions right now: the server's last message, shifted by every edit since. */
import type { DidChangeVerdicts, ShownVerdict } from "../../../server/src/protocol/messages";
import { type Change, shiftRange } from "./shiftRanges";

export class VerdictStore {
  private readonly documents = new Map<string, readonly ShownVerdict[]>();
  /** Edits by version, to bring a message for an older version up to date. */
  private readonly history = new Map<string, { version: number; changes: readonly Change[] }[]>();

  of(uri: string): readonly ShownVerdict[] {
    return this.documents.get(uri) ?? [];
  }

  /** Takes a message whole, and shifts it by the edits that the server had not seen. */
  replace({ uri, version, verdicts }: DidChangeVerdicts.Parameters): void {
    const unseen = (this.history.get(uri) ?? []).filter((edit) => edit.version > version);
    this.history.set(uri, unseen);
    this.documents.set(
      uri,
      unseen.reduce((shifted, edit) => shiftAll(shifted, edit.changes), verdicts),
    );
  }

  edit(uri: string, version: number, changes: readonly Change[]): void {
    const history = this.history.get(uri) ?? [];
    // A server that has not answered for a hundred edits is not going to answer for those.
    this.history.set(uri, [...history.slice(-99), { version, changes }]);
    const verdicts = this.documents.get(uri);
    if (verdicts !== undefined) {
      this.documents.set(uri, shiftAll(verdicts, changes));
    }
  }

  forget(uri: string): void {
    this.documents.delete(uri);
    this.history.delete(uri);
  }

  clear(): void {
    this.documents.clear();
    this.history.clear();
  }
}

function shiftAll(verdicts: readonly ShownVerdict[], changes: readonly Change[]): readonly ShownVerdict[] {
  return verdicts.flatMap((verdict) => {
    const range = changes.reduce<ShownVerdict["range"] | null>(
      (shifted, change) => (shifted === null ? null : shiftRange(shifted, change)),
      verdict.range,
    );
    return range === null ? [] : [{ ...verdict, range }];
  });
}
