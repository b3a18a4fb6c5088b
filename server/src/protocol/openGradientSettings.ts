import * as z from "zod";
import { Address } from "../platform/primitives";
import { MAX_RPC_SERVERS, RpcServerEntryText } from "./rpcServerEntry";

/** Where OpenGradient keeps its registry of enclaves: published in its repositories, and read from no chain by us. */
export const OPENGRADIENT_REGISTRY = {
  chainId: 10_740,
  address: Address.parse("0x703cb174aeadb35d611858369b4b1111dc9abda6"),
} as const;

/** Whom OpenGradient's registry of enclaves is asked of. With no server nobody is. */
export const OpenGradientSettings = z.strictObject({
  /** RPC servers of the registry's chain. */
  rpcUrls: z.array(RpcServerEntryText).max(MAX_RPC_SERVERS),
  registryChain: z.number().int().positive(),
  registry: z
    .string()
    .transform((value) => value.toLowerCase())
    .pipe(Address),
  /** The contract that tells of settlements, on the registry's chain; `null` where nobody has named one. */
  relay: z.nullable(
    z
      .string()
      .transform((value) => value.toLowerCase())
      .pipe(Address),
  ),
});
export type OpenGradientSettings = z.infer<typeof OpenGradientSettings>;

export const DEFAULT_OPENGRADIENT: OpenGradientSettings = {
  rpcUrls: [],
  registryChain: OPENGRADIENT_REGISTRY.chainId,
  registry: OPENGRADIENT_REGISTRY.address,
  relay: null,
};

/** Where a program on this computer listens: `http://127.0.0.1:11434`, say. A name could lead elsewhere. */
export const LoopbackAddress = z
  .string()
  .max(64)
  .regex(/^http:\/\/(127\.0\.0\.1|\[::1\])(:\d{1,5})?$/, "expected an address of this computer")
  .refine((address) => URL.canParse(address), "expected an address of this computer");

/** How enclaves are asked, in repositories for which the person agreed to one. */
export const EnclaveUse = z.strictObject({
  /** Also while somebody types, and not only when they ask. */
  automatic: z.boolean(),
  /** Beyond so many within an hour nothing is asked but what a person asks for. */
  requestsPerHour: z.number().int().min(1).max(3600),
  /** A program on this computer that is asked in the enclaves' place; `null` for the enclaves themselves. */
  address: z.nullable(LoopbackAddress),
});
export type EnclaveUse = z.infer<typeof EnclaveUse>;

export const DEFAULT_ENCLAVE_USE: EnclaveUse = { automatic: false, requestsPerHour: 60, address: null };
