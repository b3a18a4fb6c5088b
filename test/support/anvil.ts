import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

/** A running anvil node: any chain behind an RPC server, and what the embedded chain is compared with. */
export interface Anvil {
  readonly url: string;
  /** Resolves when it has ended, with the end of what it wrote to its error output. */
  readonly ended: Promise<string>;
  kill(): Promise<void>;
}

/** The anvil binary of the development dependency for this platform. */
export function anvilPath(): string {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}`;
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return join(manifest, "..", "bin", `anvil${suffix}`);
}

/** How long anvil may take to announce its port. */
const START_TIMEOUT_MILLISECONDS = 20_000;

/**
 * Runs anvil, and ends it when this process ends in whatever way: POSIX shells read a pipe from this process to its
 * end and then kill anvil; on Windows, libuv's job object takes children with it.
 */
const WATCHDOG = `exec 3<&0; "$@" 3<&- </dev/null & node=$!; { cat <&3; kill -9 $node; } >/dev/null 2>&1 & wait $node`;

/** Starts anvil on a free port of the loopback interface and resolves when it listens. */
export async function startAnvil(binary: string, extra: readonly string[]): Promise<Anvil> {
  const options = [
    ...["--host", "127.0.0.1", "--port", "0"],
    ...["--accounts", "1"],
    // Web pages have no business with the node.
    "--no-cors",
    // Mostly the latest state alone is asked for; but a question that arrives with a new block is answered from the one
    // before, so that a few are kept.
    ...(extra.includes("--prune-history") ? [] : ["--prune-history", "32"]),
    ...["--threads", "1"],
    ...extra,
  ];
  const [command, leading] =
    process.platform === "win32" ? [binary, []] : ["/bin/sh", ["-c", WATCHDOG, "proofline", binary]];
  const child = spawn(command, [...leading, ...options], { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (data: string) => {
    errors = (errors + data).slice(-2_000);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", () => {
      // Lets the watchdog go as well.
      child.stdin.destroy();
      resolve(errors.trim());
    });
  });
  const kill = async (): Promise<void> => {
    if (process.platform === "win32") {
      child.kill();
    } else {
      child.stdin.destroy();
    }
    await ended;
  };
  child.stdin.on("error", () => {});

  const announced = new Promise<string>((resolve) => {
    let output = "";
    const listen = (data: string): void => {
      output += data;
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (port === undefined) {
        return;
      }
      child.stdout.off("data", listen).resume();
      resolve(port);
    };
    child.stdout.setEncoding("utf8").on("data", listen);
  });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), START_TIMEOUT_MILLISECONDS);
  });
  const port = await Promise.race([announced, ended.then(() => null), timeout]);
  clearTimeout(timer);
  if (port === null) {
    await kill();
    throw new Error(`anvil did not start: ${errors.trim().slice(0, 500)}`);
  }
  return { url: `http://127.0.0.1:${port}`, ended, kill };
}
