import { RpcError } from "../rpc/rpc";

/** The codes of JSON-RPC 2.0, of EIP-1474, and of what nodes say of a reverted call. */
const CODES = {
  reverted: 3,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  rejected: -32003,
  limit: -32005,
} as const;

/** The chain refused a request: what JSON-RPC calls an error. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: number;

  constructor(
    kind: keyof typeof CODES,
    message: string,
    /** What a reverted call returned, in hexadecimal. */
    readonly data?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = CODES[kind];
  }
}

/** The same error for whoever asks by `Rpc`; every other one stays as it is. */
export function toRpcError(error: unknown): unknown {
  return error instanceof RequestError ? new RpcError(error.code, error.message, error.data) : error;
}
