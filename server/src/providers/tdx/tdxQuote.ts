import { AnswerFlaw } from "../attestation/answerFlaw";

/** Four times the usual: 5 KB, of which two thirds are certificates. */
export const MAX_QUOTE_BYTES = 16 * 1024;

/** What Intel's hardware says of one trust domain, before anybody has checked that it is Intel's hardware. */
export interface TdxQuote {
  /** Security versions of the TDX module and the firmware: 16 bytes. The first two are the module's own and its kind. */
  readonly securityVersions: Uint8Array;
  /** Who signed the TDX module (48 bytes), and as what it runs (8 bytes). */
  readonly moduleSigner: Uint8Array;
  readonly moduleAttributes: Uint8Array;
  /** Whether whoever owns the machine can look into the trust domain and change it. */
  readonly isDebug: boolean;
  readonly measurements: TdxMeasurements;
  /** 64 bytes of the trust domain's own choice. */
  readonly reportData: Uint8Array;
  /** The certificates of the platform's key, in PEM. */
  readonly certificates: string;
}

/** What was loaded into the trust domain (48 bytes each): at first, and since. */
export interface TdxMeasurements {
  readonly mrtd: Uint8Array;
  readonly rtmrs: readonly Uint8Array[];
}

/**
 * Reads a quote of version 4 about a TD report 1.0 (Intel, *TDX DCAP Quoting Library API*, appendix A.3). Its certification data is a
 * QE report (type 6) that carries a chain of certificates (type 5).
 *
 * @throws AnswerFlaw `unknown` where it is another kind of quote, `unfit` where it is none
 */
export function readQuote(bytes: Uint8Array): TdxQuote {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const version = reader.uint16();
  const keyType = reader.uint16();
  const technology = reader.uint32();
  if (version !== QUOTE_VERSION || keyType !== ECDSA_P256 || technology !== TDX) {
    throw new AnswerFlaw("unknown", "it is no TDX quote of version 4 with a key on P-256");
  }
  reader.take(HEADER_BYTES - 8);
  const report = reader.take(REPORT_BYTES);
  const from = (start: number, length: number): Uint8Array => report.subarray(start, start + length);
  const signed = new Reader(reader.take(reader.uint32()));
  // What hosts hand out is padded to the size that they reserve.
  if (reader.rest().some((byte) => byte !== 0)) {
    throw new AnswerFlaw("unfit", "something follows it");
  }
  return {
    securityVersions: from(0, 16),
    moduleSigner: from(64, 48),
    moduleAttributes: from(112, 8),
    isDebug: ((from(120, 8)[0] ?? 0) & 1) !== 0,
    measurements: {
      mrtd: from(136, 48),
      rtmrs: [0, 1, 2, 3].map((index) => from(328 + 48 * index, 48)),
    },
    reportData: from(520, 64),
    certificates: certificatesOf(signed),
  };
}

const QUOTE_VERSION = 4;
const ECDSA_P256 = 2;
const TDX = 0x81;
const HEADER_BYTES = 48;
const REPORT_BYTES = 584;
/** The signature of the quote and the key that made it. */
const SIGNATURE_BYTES = 64 + 64;
/** The report of the enclave that quotes, and the signature of the platform's key on it. */
const QUOTING_ENCLAVE_BYTES = 384 + 64;
const QUOTING_ENCLAVE_DATA = 6;
const CERTIFICATE_CHAIN = 5;

function certificatesOf(signed: Reader): string {
  signed.take(SIGNATURE_BYTES);
  const outer = certification(signed, QUOTING_ENCLAVE_DATA);
  outer.take(QUOTING_ENCLAVE_BYTES);
  outer.take(outer.uint16());
  return certification(outer, CERTIFICATE_CHAIN).rest().toString("latin1");
}

/** The certification data with which `reader` ends. */
function certification(reader: Reader, expected: number): Reader {
  if (reader.uint16() !== expected) {
    throw new AnswerFlaw("unknown", "it does not carry the certificates of its platform");
  }
  const data = new Reader(reader.take(reader.uint32()));
  if (reader.rest().length > 0) {
    throw new AnswerFlaw("unfit", "the sizes that it states do not fit");
  }
  return data;
}

/** Reads one part after the other; numbers are little-endian. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  take(length: number): Buffer {
    if (length > this.bytes.length - this.at) {
      throw new AnswerFlaw("unfit", "it is cut short");
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  uint16(): number {
    return this.take(2).readUInt16LE();
  }

  uint32(): number {
    return this.take(4).readUInt32LE();
  }

  /** What nobody has taken yet. */
  rest(): Buffer {
    return this.bytes.subarray(this.at);
  }
}
