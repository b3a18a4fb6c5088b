import { type CheckName, type CheckValue, SUMMARIES, type Summary } from "../protocol/verdictWords";
import type { Checks } from "./verdict";

/** What a policy asks of each check before a suggestion may count as anchored or verified. */
export interface Requirements {
  /** A policy that lists devices accepts only those; without a list an unknown device's signature will do. */
  readonly listedDevicesOnly: boolean;
  /** Only models that an authority approved; otherwise a pin whose bytes are known here is enough. */
  readonly approvedModelsOnly: boolean;
  readonly approvedEnvironmentsOnly: boolean;
  /** Only enclaves whose code somebody whom the rules name has rebuilt. */
  readonly rebuiltEnclavesOnly: boolean;
  /** Only anchors in finalized blocks. */
  readonly finalizedOnly: boolean;
  /** Whose word an anchor has to rest on: anybody's, that of two operators or a proof, or a proof. */
  readonly witnesses: "any" | "several" | "proved";
  /** An enclave's answer fails where the approval of its code was taken back after it had signed. */
  readonly revokedCodeFails: boolean;
}

/** The built-in policy's requirements, which hold where no policy file was accepted. */
export const DEFAULT_REQUIREMENTS: Requirements = {
  listedDevicesOnly: false,
  approvedModelsOnly: false,
  approvedEnvironmentsOnly: false,
  rebuiltEnclavesOnly: false,
  finalizedOnly: false,
  witnesses: "any",
  revokedCodeFails: false,
};

/**
 * What one value of one check does to the summary, in `SUMMARIES` order; `good` leaves it alone. `anchored` means:
 * nothing is wrong, but this check cannot carry `verified`.
 */
type Effect = Exclude<Summary, "verified"> | "good";
type EffectTable = { readonly [Name in CheckName]: { readonly [Value in CheckValue<Name>]: Effect } };

function effects(requirements: Requirements): EffectTable {
  const unless = (required: boolean): Effect => (required ? "unverified" : "good");
  return {
    content: {
      verbatim: "good",
      reformatted: "good",
      // The same lines at one other place: an import added above must not cost a badge.
      moved: "good",
      edited: "edited",
      gone: "edited",
      ambiguous: "unknown",
    },
    evidence: {
      intact: "good",
      malformed: "failed",
      tampered: "failed",
      // What it says may be good or bad; nobody here can tell.
      newer: "unknown",
      equivocation: "failed",
      foreign: "failed",
      unidentified: "unknown",
    },
    signature: {
      valid: "good",
      unknownDevice: unless(requirements.listedDevicesOnly),
      revokedDevice: "failed",
      invalid: "failed",
    },
    anchor: {
      finalized: "good",
      included: unless(requirements.finalizedOnly),
      pending: "pending",
      absent: "failed",
      unreachable: "unknown",
      wrongChain: "unknown",
      reorged: "failed",
      disputed: "unknown",
    },
    anchorTrust: {
      stateProof: "good",
      quorum: unless(requirements.witnesses === "proved"),
      offlineProof: "good",
      singleRpc: unless(requirements.witnesses !== "any"),
      local: unless(requirements.witnesses !== "any"),
    },
    model: {
      approved: "good",
      pinOnly: unless(requirements.approvedModelsOnly),
      unapproved: "unverified",
      revoked: "failed",
      misnamed: "failed",
      unproved: "attested",
    },
    environment: {
      declaredApproved: "good",
      declaredUnknown: unless(requirements.approvedEnvironmentsOnly),
      declaredRevoked: "failed",
      attested: unless(requirements.rebuiltEnclavesOnly),
      attestedRebuilt: "good",
      attestedRevoked: requirements.revokedCodeFails ? "failed" : unless(requirements.rebuiltEnclavesOnly),
    },
    prompt: { bound: "good", disclosed: "good", sealed: "good" },
    // What only the claimant's own prompt says may have been put there for the model to repeat.
    copied: { no: "good", fromToday: "good", fromPrompt: "anchored", unknown: "good" },
    execution: {
      exact: "good",
      withinTolerance: "good",
      verifierReplayed: "good",
      mismatch: "failed",
      notRun: "anchored",
      impossible: "anchored",
      enclaveSigned: "attested",
      enclaveUnchecked: "unverified",
      enclaveContradicted: "failed",
      stated: "stated",
    },
  };
}

const SEVERITY: readonly Effect[] = [...SUMMARIES.filter((summary) => summary !== "verified"), "good"];

/**
 * The same under rules that may hold a verdict back.
 *
 * @param hold why nobody can tell yet which rules count; `null` where they do
 */
export function summarizeUnder(checks: Checks, requirements: Requirements, hold: string | null): Summary {
  const summary = summarize(checks, requirements);
  return hold !== null && SUMMARIES.indexOf(summary) > SUMMARIES.indexOf("unknown") ? "unknown" : summary;
}

/** Turns the checks into one word: the worst effect of any check decides. */
export function summarize(checks: Checks, requirements: Requirements = DEFAULT_REQUIREMENTS): Summary {
  const table = tableOf(requirements);
  let worst = SEVERITY.length - 1;
  for (const name of CHECK_NAMES) {
    worst = Math.min(worst, severityOf(name, checks, table));
  }
  const effect = SEVERITY[worst] ?? "failed";
  return effect === "good" ? "verified" : effect;
}

/** The checks that keep the summary from being `verified`, the decisive ones first. */
export function shortcomings(
  checks: Checks,
  requirements: Requirements = DEFAULT_REQUIREMENTS,
): readonly CheckName[] {
  const table = tableOf(requirements);
  return CHECK_NAMES.map((name) => ({ name, severity: severityOf(name, checks, table) }))
    .filter(({ severity }) => SEVERITY[severity] !== "good")
    .sort((a, b) => a.severity - b.severity)
    .map(({ name }) => name);
}

/** Whether one value of one check leaves a suggestion free to be `verified`. */
export function isGoodEnough<Name extends CheckName>(
  name: Name,
  value: CheckValue<Name>,
  requirements: Requirements,
): boolean {
  return tableOf(requirements)[name][value] === "good";
}

/** In the order of the table, which is the order of reasons that weigh the same. */
const CHECK_NAMES = Object.keys(effects(DEFAULT_REQUIREMENTS)) as readonly CheckName[];

const tables = new WeakMap<Requirements, EffectTable>();

function tableOf(requirements: Requirements): EffectTable {
  const table = tables.get(requirements) ?? effects(requirements);
  tables.set(requirements, table);
  return table;
}

/** The index into `SEVERITY` of what one check's value does. */
function severityOf<Name extends CheckName>(name: Name, checks: Checks, table: EffectTable): number {
  return SEVERITY.indexOf(table[name][checks[name]]);
}
