/** What a policy's authority says now, of all that this repository keeps and its evidence names. */
import { openChain } from "../../chain/chainReader";
import { compareText } from "../../platform/compareText";
import { utc } from "../../platform/utc";
import { visibleName } from "../../protocol/visibleText";
import { askAuthority } from "../../workflows/authority/policyWithAuthority";
import { RepositoryPolicies } from "../../workflows/repositoryPolicies";
import type { Answer } from "../answers";
import type { ChainFlags } from "../chainOptions";
import { CommandError } from "../commandError";
import type { CommandResult } from "../output";
import type { Session } from "../session";
import { withWorkspace } from "../workspace";

/** `proofline authority list`. */
export async function authorityList(
  session: Session,
  flags: ChainFlags,
): Promise<CommandResult<Answer<"authority list">>> {
  return withWorkspace(session, flags, async (workspace) => {
    const { file } = await new RepositoryPolicies(session.home).of(workspace.repository);
    if (file?.authority === undefined) {
      throw new CommandError(
        "policy",
        "No policy that counts here names an authority.",
        "Name its address under `authority` in .proofline/policy.json, then accept the policy.",
      );
    }
    const contents = await workspace.contents();
    const chain = openChain(workspace.chain, { start: false, proofs: workspace.proofs });
    try {
      const reading = await askAuthority({ file, contents, chain, home: session.home });
      if (reading?.kind !== "read") {
        throw new CommandError(
          "chain.unreachable",
          reading?.reason ?? "The policy names no authority.",
          "Check the chain and its servers, and run the command again.",
        );
      }
      const { findings, time, trust } = reading;
      const keys = [...new Set([...findings.approvals.keys(), ...findings.denials.keys()])].sort(compareText);
      const subjects = keys.map((key) => {
        const [kind = "", id = ""] = key.split(" ");
        const approved = findings.approvals.get(key);
        const denied = findings.denials.get(key);
        return {
          kind,
          id,
          name: approved?.name ?? null,
          until: approved?.until ?? null,
          approved: approved !== undefined,
          lostAt: denied?.lostAt ?? null,
          compromised: denied?.compromised ?? null,
        };
      });
      return {
        exitCode: 0,
        json: { time, trust, remembered: reading.isRemembered, subjects },
        text: [
          ...subjects.map(
            (subject) =>
              `${subject.kind.padEnd(11)}  ${subject.id}  ${subject.name === null ? "" : `${visibleName(subject.name)}: `}${saidOf(subject)}`,
          ),
          ...(subjects.length === 0 ? ["It has said nothing of what is kept or named here."] : []),
          `As of ${utc(time)}, ${WORD_OF[trust]}${reading.isRemembered ? ", as it was read then; no server could be asked now" : ""}.`,
        ],
      };
    } finally {
      await chain.close();
    }
  });
}

const WORD_OF = {
  stateProof: "proved by the chain's state",
  quorum: "by the word of operators who agree",
  singleRpc: "by the word of one operator",
  offlineProof: "by a stored proof",
  local: "by a chain on somebody's own computer",
} as const;

function saidOf({
  approved,
  until,
  lostAt,
  compromised,
}: {
  readonly approved: boolean;
  readonly until: number | null;
  readonly lostAt: number | null;
  readonly compromised: { readonly since: number | null } | null;
}): string {
  return [
    ...(compromised === null
      ? []
      : [compromised.since === null ? "compromised" : `compromised since ${utc(compromised.since)}`]),
    ...(lostAt === null ? [] : [`revoked on ${utc(lostAt)}`]),
    ...(approved ? [until === null ? "approved" : `approved until ${utc(until)}`] : []),
  ].join(", ");
}
