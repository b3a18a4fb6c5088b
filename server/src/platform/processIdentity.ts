import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { hostname } from "node:os";
import { promisify } from "node:util";
import * as z from "zod";
import { Count } from "./primitives";

/** Tells one process from every other, including one that later gets the same number. */
export const ProcessIdentity = z.strictObject({
  pid: Count,
  /** When it started, as far as the system says so, or what else it alone has; compared for equality only. */
  start: z.nullable(z.string()),
  /** The computer, or the part of it, whose process numbers these are. */
  place: z.string(),
});
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

let own: Promise<ProcessIdentity> | null = null;

export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= (async () => ({
    pid: process.pid,
    start: process.platform === "win32" ? await openSign() : ((await startOf(process.pid)) ?? null),
    place: await placeHere(),
  }))();
  return own;
}

/** Whether a process still runs; `unknown` for one of another computer or container. */
export async function stateOf(identity: ProcessIdentity): Promise<"alive" | "dead" | "unknown"> {
  const here = await ownIdentity();
  if (identity.place !== here.place) {
    return "unknown";
  }
  // No process that runs this has the number 0, and `kill` takes it for the caller's own.
  if (identity.pid === 0) {
    return "dead";
  }
  if (identity.pid === here.pid && identity.start === here.start) {
    return "alive";
  }
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") {
      return "dead";
    }
  }
  if (process.platform === "win32" && identity.start !== null) {
    return (await signIsThere(identity.start)) ? "alive" : "dead";
  }
  const start = await startOf(identity.pid);
  if (start === undefined) {
    return "dead";
  }
  return start === null || identity.start === null || start === identity.start ? "alive" : "dead";
}

/** `null` where the system does not say; `undefined` where there is no such process, or only its remains. */
async function startOf(pid: number): Promise<string | null | undefined> {
  try {
    switch (process.platform) {
      case "linux": {
        const stat = await readFile(`/proc/${pid}/stat`, "latin1");
        // The command's name, in parentheses, may hold spaces and parentheses itself (proc(5)).
        const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return state === "Z" || state === "X" ? undefined : `${await bootId()}:${fields[18]}`;
      }
      case "darwin": {
        const { stdout } = await promisify(execFile)("/bin/ps", ["-o", "lstart=", "-p", String(pid)]);
        return stdout.trim();
      }
      default:
        return null;
    }
  } catch {
    return process.platform === "linux" ? undefined : null;
  }
}

/**
 * Windows tells a program when another one started only by way of a third, which takes a second to ask. There a
 * process has a sign of life instead: a named pipe, which goes with the process however that ends. `null` where it
 * cannot have one; then its number alone tells.
 */
function openSign(): Promise<string | null> {
  const name = randomBytes(16).toString("hex");
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once("error", () => resolve(null));
    server.listen(pipeOf(name), () => resolve(name));
    server.unref();
  });
}

/** Only a pipe that does not exist tells that its process has ended. */
function signIsThere(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(pipeOf(name));
    socket.once("error", (error) => resolve(!("code" in error && error.code === "ENOENT")));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function pipeOf(name: string): string {
  return `\\\\.\\pipe\\proofline-process-${name}`;
}

async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "latin1").catch(() => "")).trim();
}

async function placeHere(): Promise<string> {
  const namespace = process.platform === "linux" ? await readlink("/proc/self/ns/pid").catch(() => "") : "";
  return `${hostname()} ${namespace}`.trim();
}
