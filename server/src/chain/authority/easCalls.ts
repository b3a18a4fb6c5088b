import { decodeFunctionResult, encodeFunctionData, type Hex, parseAbi, zeroAddress } from "viem";
import * as z from "zod";
import { Address, type ChainHash, type Digest } from "../../platform/primitives";
import { word } from "../eas/eas";
import { Bytes } from "../rpc/blocks";
import {
  type Attestation,
  type Attested,
  encodeAttested,
  NO_REFERENCE,
  recipientOf,
  SCHEMAS,
  type SchemaKind,
  schemaOf,
  schemaUid,
  uidOf,
} from "./attestation";

/**
 * What an authority uses of the Ethereum Attestation Service, the same in every version.
 * Source: https://github.com/ethereum-attestation-service/eas-contracts/blob/master/contracts/IEAS.sol
 */
export const ATTESTING_ABI = parseAbi([
  "struct AttestationRequestData { address recipient; uint64 expirationTime; bool revocable; bytes32 refUID; bytes data; uint256 value; }",
  "struct AttestationRequest { bytes32 schema; AttestationRequestData data; }",
  "struct AttestationRecord { bytes32 uid; bytes32 schema; uint64 time; uint64 expirationTime; uint64 revocationTime; bytes32 refUID; address recipient; address attester; bool revocable; bytes data; }",
  "function attest(AttestationRequest request) payable returns (bytes32)",
  "function revokeOffchain(bytes32 data) returns (uint64)",
  "struct RevocationRequestData { bytes32 uid; uint256 value; }",
  "struct RevocationRequest { bytes32 schema; RevocationRequestData data; }",
  "function revoke(RevocationRequest request) payable",
  "function getAttestation(bytes32 uid) view returns (AttestationRecord)",
  "function getRevokeOffchain(address revoker, bytes32 data) view returns (uint64)",
  "function getSchemaRegistry() view returns (address)",
  "event Attested(address indexed recipient, address indexed attester, bytes32 uid, bytes32 indexed schemaUID)",
]);

/** Of EAS's SchemaRegistry. */
const REGISTRY_ABI = parseAbi([
  "struct SchemaRecord { bytes32 uid; address resolver; bool revocable; string schema; }",
  "function register(string schema, address resolver, bool revocable) returns (bytes32)",
  "function getSchema(bytes32 uid) view returns (SchemaRecord)",
]);

/** @param expirationTime seconds since 1970; 0 for never */
export function attestCall(attested: Attested, expirationTime: number): Hex {
  return encodeFunctionData({
    abi: ATTESTING_ABI,
    functionName: "attest",
    args: [
      {
        schema: schemaUid(schemaOf(attested)),
        data: {
          recipient: recipientOf(attested),
          expirationTime: BigInt(expirationTime),
          revocable: true,
          refUID: NO_REFERENCE,
          data: encodeAttested(attested),
          value: 0n,
        },
      },
    ],
  });
}

/** Takes an attestation back. */
export function withdrawCall(attestation: Attestation): Hex {
  return encodeFunctionData({
    abi: ATTESTING_ABI,
    functionName: "revoke",
    args: [{ schema: attestation.schema, data: { uid: uidOf(attestation), value: 0n } }],
  });
}

export function denyCall(denial: Digest): Hex {
  return encodeFunctionData({ abi: ATTESTING_ABI, functionName: "revokeOffchain", args: [word(denial)] });
}

export function getDenialCall(address: Address, denial: Digest): Hex {
  return encodeFunctionData({
    abi: ATTESTING_ABI,
    functionName: "getRevokeOffchain",
    args: [address, word(denial)],
  });
}

export function getAttestationCall(uid: ChainHash): Hex {
  return encodeFunctionData({ abi: ATTESTING_ABI, functionName: "getAttestation", args: [uid] });
}

export function getRegistryCall(): Hex {
  return encodeFunctionData({ abi: ATTESTING_ABI, functionName: "getSchemaRegistry" });
}

export function registerCall(kind: SchemaKind): Hex {
  return encodeFunctionData({
    abi: REGISTRY_ABI,
    functionName: "register",
    args: [SCHEMAS[kind], zeroAddress, true],
  });
}

export function getSchemaCall(kind: SchemaKind): Hex {
  return encodeFunctionData({ abi: REGISTRY_ABI, functionName: "getSchema", args: [schemaUid(kind)] });
}

const MAX_RESULT = 2 + 2 * 4_096;
const Result = Bytes.refine((data) => data.length <= MAX_RESULT, "expected a short answer");

/** What `getAttestation` returned; all of it is zero where there is none. */
export const AttestationResult = Result.transform((data, context) => {
  try {
    return decodeFunctionResult({ abi: ATTESTING_ABI, functionName: "getAttestation", data });
  } catch {
    context.addIssue({ code: "custom", message: "expected an attestation" });
    return z.NEVER;
  }
});

/** What `getSchema` returned: the UID of the schema, zero where it is not registered. */
export const SchemaResult = Result.transform((data, context) => {
  try {
    return decodeFunctionResult({ abi: REGISTRY_ABI, functionName: "getSchema", data }).uid;
  } catch {
    context.addIssue({ code: "custom", message: "expected a schema" });
    return z.NEVER;
  }
});

/** What `getSchemaRegistry` returned. */
export const RegistryResult = z
  .string()
  .regex(/^0x0{24}[0-9a-fA-F]{40}$/, "expected an address")
  .transform((data) => Address.parse(`0x${data.slice(26).toLowerCase()}`));
