import type { Command } from "commander";
import type { ChainConfiguration } from "../../chain/chain";
import { addChainFlags, type ChainFlags, keyFrom } from "../chainOptions";
import { CommandError } from "../commandError";

/** What every command takes that speaks as an authority. */
export interface AuthorityFlags extends ChainFlags {
  /** Agrees to the first payment of the account on the chain. */
  readonly pay?: boolean;
  /** Prints the transaction for a wallet instead of sending it. */
  readonly print?: boolean;
}

export interface ApprovalFlags extends AuthorityFlags {
  /** What people call the subject. */
  readonly name?: string;
  /** A day, as `2027-01-31`, or a time of RFC 3339. */
  readonly expires?: string;
}

export interface RevocationFlags extends AuthorityFlags {
  readonly compromised?: boolean;
  readonly since?: string;
}

export function addAuthorityFlags(command: Command): Command {
  return addChainFlags(command)
    .option(
      "--key-file <file>",
      "a file with the authority's private key (PROOFLINE_AUTHORITY_KEY_FILE, or the key in PROOFLINE_AUTHORITY_KEY)",
    )
    .option("--pay", "agree to the first payment of this account on this chain")
    .option("--print", "print the transaction for a wallet to send, and send nothing");
}

export function addApprovalFlags(command: Command): Command {
  return addAuthorityFlags(command)
    .option("--name <name>", "what people call it")
    .option("--expires <day>", "the day on which it ends, as 2027-01-31; never unless given");
}

/** The authority's private key; `null` where none is given. */
export function authorityKey(
  flags: AuthorityFlags,
  variables: NodeJS.ProcessEnv = process.env,
): `0x${string}` | null {
  return keyFrom(
    flags.keyFile ?? variables.PROOFLINE_AUTHORITY_KEY_FILE,
    variables.PROOFLINE_AUTHORITY_KEY,
    "PROOFLINE_AUTHORITY_KEY",
  );
}

/** @throws CommandError where it is the chain on this computer, which nobody else can read */
export function sharedChain(chain: ChainConfiguration): Extract<ChainConfiguration, { kind: "rpc" }> {
  if (chain.kind === "rpc") {
    return chain;
  }
  throw new CommandError(
    "chain.configuration",
    "The chain on this computer is a rehearsal that nobody else can read, so an authority says nothing there.",
    "Name a chain with --chain-id, --rpc-url and --contract, or accept the one that this repository proposes.",
  );
}

/**
 * A time that a person typed, in seconds since 1970: a day, which begins at midnight UTC, or a time of RFC 3339.
 *
 * @throws CommandError where it is none
 */
export function typedTime(typed: string, flag: string): number {
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.test(typed);
  const seconds = isTime ? Math.floor(Date.parse(typed) / 1000) : Number.NaN;
  if (Number.isSafeInteger(seconds) && seconds > 0) {
    return seconds;
  }
  throw new CommandError(
    "usage",
    `${typed} is no time that ${flag} can mean.`,
    "Give a day as 2027-01-31, or a time as 2027-01-31T12:00:00Z.",
  );
}
