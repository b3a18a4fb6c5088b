/** Intel's side of a TDX quote, under a root of its own: platforms, their quotes, and what is said of them. */
import { createHash } from "node:crypto";
import { Digest } from "../../../server/src/platform/primitives";
import type { Collateral } from "../../../server/src/providers/tdx/savedTdxAnswer";
import {
  type CertificateParameters,
  certificate,
  element,
  extension,
  integer,
  type KeyPair,
  newKey,
  oid,
  pem,
  sequence,
} from "../../unit/models/certificates";
import { revocationList, spelledTime } from "./revocations";
import {
  type QuoteParameters,
  type QuotingEnclave,
  quoteBytes,
  signatureOf,
  TD_REPORT,
  type TdReport,
} from "./tdxQuoteBytes";

const DAY = 86_400;
/** When quotes are handed in unless said otherwise, in seconds since 1970. */
export const HANDED_IN_AT = Date.UTC(2026, 0, 15) / 1000;

/** What a test may have different of a platform and of what is said of it. */
export interface PlatformParameters {
  readonly report?: Partial<TdReport>;
  readonly quote?: Partial<Omit<QuoteParameters, "report" | "quotingEnclave">>;
  readonly quotingEnclave?: Partial<QuotingEnclave>;
  /** The security version of each of the processor's components, of which Intel asks for 2. */
  readonly processorVersion?: number;
  /** The platform's certificate. */
  readonly platform?: Partial<CertificateParameters>;
  /** The certificate that issues it. */
  readonly authority?: Partial<CertificateParameters>;
  /** The certificate that signs TCB info and QE identity. */
  readonly tcbSigning?: Partial<CertificateParameters>;
  /** What of the platform's own certificates is revoked. */
  readonly revoked?: readonly ("platform" | "authority" | "tcbSigning")[];
  /** Extensions of the list of revoked platforms. */
  readonly listExtensions?: readonly Buffer[];
  /** When collateral is made and when it ends, in seconds since 1970: a day before and a month after it is handed in. */
  readonly tcbInfoTime?: readonly [number, number];
  readonly identityTime?: readonly [number, number];
  readonly listTime?: readonly [number, number];
  /** Members of TCB info and QE identity that are to be others. */
  readonly tcbInfo?: object;
  readonly identity?: object;
  /** How the best state is called. */
  readonly status?: string;
}

export interface Platform {
  readonly quote: Buffer;
  readonly collateral: Collateral;
}

export interface StandInIntel {
  /** SHA-256 of its root certificate: what is pinned in place of Intel's. */
  readonly root: Digest;
  platform(parameters?: PlatformParameters): Platform;
}

const TIME = [HANDED_IN_AT - DAY, HANDED_IN_AT + 30 * DAY] as const;
const ENCLAVE_SIGNER = Buffer.alloc(32, 0xdc);
const FMSPC = Buffer.from("b0c06f000000", "hex");

export function newIntel(): StandInIntel {
  const rootIssuer = { subject: "Intel SGX Root CA", key: newKey() };
  const root = certificate({ ...rootIssuer, pathLength: 1, usage: "certify" });
  return {
    root: Digest.parse(createHash("sha256").update(root).digest("hex")),
    platform(parameters = {}) {
      const authorityIssuer = { subject: "Intel SGX PCK Platform CA", key: newKey() };
      const authority = certificate({
        ...{ ...authorityIssuer, issuer: rootIssuer, pathLength: 0, usage: "certify" },
        ...parameters.authority,
      });
      const platformKey = newKey();
      const platform = certificate({
        ...{ subject: "Intel SGX PCK Certificate", key: platformKey, issuer: authorityIssuer, usage: "sign" },
        extensions: [platformExtension(parameters.processorVersion ?? 2)],
        ...parameters.platform,
      });
      const signingKey = newKey();
      const tcbSigning = certificate({
        ...{ subject: "Intel SGX TCB Signing", key: signingKey, issuer: rootIssuer, usage: "sign" },
        ...parameters.tcbSigning,
      });
      const chain = [platform, authority, root].map(pem).join("");
      const quote = quoteBytes({
        report: { ...TD_REPORT, ...parameters.report },
        quotingEnclave: {
          ...{ signer: ENCLAVE_SIGNER, attributes: Buffer.from("1100000000000000", "hex"), version: 4 },
          ...parameters.quotingEnclave,
        },
        ...{ attestationKey: newKey(), platformKey, certificates: chain },
        ...parameters.quote,
      });
      const certificates = { platform, authority, tcbSigning };
      const revoked = (parameters.revoked ?? []).map((name) => certificates[name]);
      const list = (issuer: typeof rootIssuer, extensions: readonly Buffer[] = []): string => {
        const [from, to] = parameters.listTime ?? TIME;
        return revocationList({ issuer, revoked, from, to, extensions }).toString("hex");
      };
      const info = JSON.stringify(tcbInfo(parameters));
      const identity = JSON.stringify(enclaveIdentity(parameters));
      return {
        quote,
        collateral: {
          pck_crl_issuer_chain: [authority, root].map(pem).join(""),
          root_ca_crl: list(rootIssuer),
          pck_crl: list(authorityIssuer, parameters.listExtensions),
          tcb_info_issuer_chain: [tcbSigning, root].map(pem).join(""),
          tcb_info: info,
          tcb_info_signature: signed(info, signingKey),
          qe_identity_issuer_chain: [tcbSigning, root].map(pem).join(""),
          qe_identity: identity,
          qe_identity_signature: signed(identity, signingKey),
        },
      };
    },
  };
}

function signed(text: string, key: KeyPair): string {
  return signatureOf(Buffer.from(text), key).toString("hex");
}

/** What a platform's certificate says of its processor (Intel, *PCK Certificate and CRL Profile*). */
function platformExtension(version: number): Buffer {
  const id = (...arcs: readonly number[]): Buffer => oid(["1.2.840.113741.1.13.1", ...arcs].join("."));
  const octets = (bytes: Buffer): Buffer => element(0x04, bytes);
  const components = Array.from({ length: 16 }, (_, index) => sequence(id(2, index + 1), integer(version)));
  return extension(
    "1.2.840.113741.1.13.1",
    false,
    sequence(
      sequence(id(1), octets(Buffer.alloc(16, 0x11))),
      sequence(
        id(2),
        sequence(
          ...components,
          sequence(id(2, 17), integer(11)),
          sequence(id(2, 18), octets(Buffer.alloc(16, version))),
        ),
      ),
      sequence(id(3), octets(Buffer.alloc(2))),
      sequence(id(4), octets(FMSPC)),
      sequence(id(5), element(0x0a, Buffer.of(0))),
    ),
  );
}

const NO_SIGNER = "00".repeat(48);
const MODULE = { mrsigner: NO_SIGNER, attributes: "00".repeat(8), attributesMask: "FF".repeat(8) };

function tcbInfo({ tcbInfoTime, tcbInfo: changes, status = "UpToDate" }: PlatformParameters): object {
  const [from, to] = tcbInfoTime ?? TIME;
  const level = (svn: number, tcbStatus: string, advisoryIDs: readonly string[]) => ({
    tcb: {
      sgxtcbcomponents: Array.from({ length: 16 }, () => ({ svn })),
      pcesvn: 11,
      tdxtcbcomponents: Array.from({ length: 16 }, () => ({ svn: 0 })),
    },
    ...{ tcbDate: iso(from), tcbStatus, advisoryIDs },
  });
  return {
    ...{ id: "TDX", version: 3, issueDate: iso(from), nextUpdate: iso(to), fmspc: FMSPC.toString("hex") },
    ...{ pceId: "0000", tcbType: 0, tcbEvaluationDataNumber: 17, tdxModule: MODULE },
    tdxModuleIdentities: [
      {
        id: "TDX_01",
        ...MODULE,
        tcbLevels: [
          { tcb: { isvsvn: 5 }, tcbDate: iso(from), tcbStatus: "UpToDate" },
          { tcb: { isvsvn: 3 }, tcbDate: iso(from), tcbStatus: "OutOfDate", advisoryIDs: ["INTEL-SA-00001"] },
          { tcb: { isvsvn: 1 }, tcbDate: iso(from), tcbStatus: "Revoked" },
        ],
      },
    ],
    tcbLevels: [level(2, status, []), level(1, "OutOfDate", ["INTEL-SA-00002", "INTEL-SA-00003"])],
    ...changes,
  };
}

function enclaveIdentity({ identityTime, identity: changes }: PlatformParameters): object {
  const [from, to] = identityTime ?? TIME;
  return {
    ...{ id: "TD_QE", version: 2, issueDate: iso(from), nextUpdate: iso(to), tcbEvaluationDataNumber: 17 },
    ...{ miscselect: "00000000", miscselectMask: "FFFFFFFF" },
    ...{ attributes: `11${"00".repeat(15)}`, attributesMask: `FB${"FF".repeat(7)}${"00".repeat(8)}` },
    ...{ mrsigner: ENCLAVE_SIGNER.toString("hex"), isvprodid: 2 },
    tcbLevels: [{ tcb: { isvsvn: 4 }, tcbDate: iso(from), tcbStatus: "UpToDate" }],
    ...changes,
  };
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** A certificate that ended a day before quotes are handed in. */
export const EXPIRED = { to: spelledTime(HANDED_IN_AT - DAY) };
