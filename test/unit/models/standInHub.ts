/** A stand-in for a model hub: real HTTP on loopback, with its large files on a server of another origin. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const COMMIT = "c0ffee".padEnd(40, "0");

export interface StoredFile {
  readonly bytes: Buffer;
  /** Large files lie on the other server, and the hub states their SHA-256. */
  readonly large?: boolean;
}

export interface SeenRequest {
  readonly server: "hub" | "storage";
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** How the next requests for a file's bytes go wrong. */
export interface Fault {
  /** Matches the path in the repository. */
  readonly path: string;
  /** Requests that it meets; then it is over. */
  times: number;
  readonly kind:
    | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
    /** Sends so many bytes of what was asked for and breaks the connection. */
    | { readonly kind: "truncate"; readonly bytes: number }
    /** Sends so many bytes and then nothing. */
    | { readonly kind: "silence"; readonly bytes: number }
    /** Sends everything, with one bit changed. */
    | { readonly kind: "change" }
    | { readonly kind: "redirect"; readonly to: string };
}

export class StandInHub {
  readonly requests: SeenRequest[] = [];
  readonly faults: Fault[] = [];
  /** A token that every request to the hub needs; `null` where everybody may read. */
  token: string | null = null;
  /** The hub and its storage answer a range with everything, as some proxies do. */
  ignoresRanges = false;
  /** The hub takes requests and answers none. */
  silent = false;
  /** The list of files has a next page for ever. */
  endless = false;
  licence: string | undefined = "apache-2.0";
  /** Overrides what the list of files states. */
  readonly stated = new Map<string, { readonly size?: number; readonly sha256?: string }>();
  private readonly held = new Set<ServerResponse>();

  private constructor(
    readonly repository: string,
    readonly files: Map<string, StoredFile>,
    private readonly hub: Server,
    private readonly storage: Server,
  ) {
    hub.on("request", (request, response) => this.answer("hub", request, response));
    storage.on("request", (request, response) => this.answer("storage", request, response));
  }

  static async start(
    repository: string,
    files: Iterable<readonly [string, StoredFile]>,
  ): Promise<StandInHub> {
    const servers = [createServer(), createServer()] as const;
    for (const server of servers) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    return new StandInHub(repository, new Map(files), ...servers);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.hub.address() as AddressInfo).port}`;
  }

  get storageUrl(): string {
    return `http://127.0.0.1:${(this.storage.address() as AddressInfo).port}`;
  }

  /** Requests for a file's bytes, by its path. */
  bytesAsked(path: string): readonly SeenRequest[] {
    const { large } = this.files.get(path) ?? {};
    const wanted = large ? `/large/${path}` : `/${this.repository}/resolve/${COMMIT}/${path}`;
    return this.requests.filter((request) => request.path === wanted);
  }

  /** Ends answers that hang. */
  async stop(): Promise<void> {
    for (const response of this.held) {
      response.destroy();
    }
    for (const server of [this.hub, this.storage]) {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    }
  }

  private answer(server: "hub" | "storage", request: IncomingMessage, response: ServerResponse): void {
    const { pathname: path } = new URL(request.url ?? "/", this.url);
    const { authorization, range } = request.headers;
    this.requests.push({ server, path: decodeURIComponent(path), authorization, range });
    const whole = decodeURIComponent(path);
    const api = `/api/models/${this.repository}`;
    const resolve = `/${this.repository}/resolve/${COMMIT}/`;
    const name = whole.startsWith(resolve) ? whole.slice(resolve.length) : undefined;
    if (server === "hub" && this.silent) {
      this.held.add(response);
    } else if (server === "storage") {
      this.sendFile(whole.replace(/^\/large\//, ""), range, response);
    } else if (this.token !== null && authorization !== `Bearer ${this.token}`) {
      json(response, 401, { error: "Invalid username or password." });
    } else if (path === `${api}/revision/main` || path === `${api}/revision/${COMMIT}`) {
      this.sendInfo(response);
    } else if (path === `${api}/tree/${COMMIT}`) {
      this.sendTree(response, request);
    } else if (name === undefined) {
      json(response, 404, { error: "Repository not found" });
    } else if (this.files.get(name)?.large === true) {
      response.writeHead(302, { location: `${this.storageUrl}/large/${name}?signature=abc` }).end();
    } else {
      this.sendFile(name, range, response);
    }
  }

  private sendInfo(response: ServerResponse): void {
    json(response, 200, {
      _id: "1",
      id: this.repository,
      sha: COMMIT,
      private: this.token !== null,
      gated: false,
      downloads: 1,
      likes: 1,
      lastModified: "2025-01-01T00:00:00.000Z",
      ...(this.licence !== undefined && { cardData: { license: this.licence } }),
    });
  }

  /** Two pages, as the hub does for long lists. */
  private sendTree(response: ServerResponse, request: IncomingMessage): void {
    const entries = [...this.files].map(([path, file]) => this.entry(path, file));
    const half = Math.ceil(entries.length / 2);
    const url = new URL(request.url ?? "/", this.url);
    if (this.endless) {
      response.setHeader("link", `<${url.href}>; rel="next"`);
      json(response, 200, []);
      return;
    }
    if (url.searchParams.has("cursor")) {
      json(response, 200, entries.slice(half));
      return;
    }
    url.searchParams.set("cursor", "1");
    response.setHeader("link", `<${url.href}>; rel="next"`);
    json(response, 200, [
      { type: "directory", path: "onnx", size: 0, oid: "0".repeat(40) },
      ...entries.slice(0, half),
    ]);
  }

  private entry(path: string, { bytes, large }: StoredFile) {
    const { size = bytes.length, sha256 = hash("sha256", bytes) } = this.stated.get(path) ?? {};
    const oid = hash("sha1", Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));
    return { type: "file", path, size, oid, ...(large && { lfs: { oid: sha256, size, pointerSize: 130 } }) };
  }

  private sendFile(path: string, range: string | undefined, response: ServerResponse): void {
    const file = this.files.get(path);
    if (file === undefined) {
      json(response, 404, { error: "Entry not found" });
      return;
    }
    const fault = this.faults.find((one) => one.path === path && one.times > 0);
    if (fault !== undefined) {
      fault.times -= 1;
    }
    const from = this.ignoresRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const bytes = Buffer.from(file.bytes.subarray(from));
    if (fault?.kind.kind === "status") {
      response.writeHead(fault.kind.status, fault.kind.headers ?? {}).end();
      return;
    }
    if (fault?.kind.kind === "redirect") {
      response.writeHead(302, { location: fault.kind.to }).end();
      return;
    }
    if (fault?.kind.kind === "change" && bytes[0] !== undefined) {
      bytes[0] ^= 1;
    }
    const partial = from > 0 && {
      "content-range": `bytes ${from}-${file.bytes.length - 1}/${file.bytes.length}`,
    };
    response.writeHead(partial ? 206 : 200, {
      etag: `"${hash("sha256", file.bytes)}"`,
      "accept-ranges": "bytes",
      "content-length": bytes.length,
      ...partial,
    });
    switch (fault?.kind.kind) {
      case "truncate":
        response.write(bytes.subarray(0, fault.kind.bytes), () => response.destroy());
        return;
      case "silence":
        this.held.add(response);
        response.write(bytes.subarray(0, fault.kind.bytes));
        return;
      default:
        response.end(bytes);
    }
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response
    .writeHead(status, { "content-type": "application/json; charset=utf-8" })
    .end(JSON.stringify(value));
}

function hash(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest("hex");
}
