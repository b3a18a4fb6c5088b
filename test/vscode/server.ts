/** One running code-server with throwaway user data: what an installed VS Code is to a person. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { removeFolder } from "../support/removeFolder";
import { type CodeServer, installCodeServer } from "./codeServer";
import { eventually } from "./deadline";
import { type UserSettings, userDataIn, writeUserData } from "./userData";

export interface ServerOptions extends UserSettings {
  /** Where extensions are installed; a fresh folder unless named. */
  readonly extensionsFolder?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Built-in extensions beside grammars and looks. */
  readonly builtIn?: readonly string[];
  /** More arguments for code-server. */
  readonly args?: readonly string[];
}

/**
 * The built-in extensions that a window has: grammars and looks. Others would take their time, and would have something
 * to say where a test listens to Proofline.
 */
const BUILT_IN = [
  "javascript",
  "json",
  "markdown-basics",
  "theme-defaults",
  "theme-modern-icons",
  "theme-seti",
  "typescript-basics",
];

/** What git's diffs come from. */
export const GIT = ["git", "git-base"] as const;

/** PROOFLINE_HOME of a server, below its root. */
export function homeIn(root: string): string {
  return join(root, "proofline");
}

export class Server {
  private constructor(
    readonly url: string,
    /** Everything of this server: user data, PROOFLINE_HOME, logs. */
    readonly root: string,
    private readonly child: ChildProcess,
  ) {}

  /** PROOFLINE_HOME of everything that runs in it. */
  get home(): string {
    return homeIn(this.root);
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    const codeServer = await installCodeServer();
    const { node, entry } = codeServer;
    const root = mkdtempSync(join(tmpdir(), "proofline-workbench-"));
    const userData = userDataIn(root);
    writeUserData(userData, options);
    const builtIn = join(root, "builtIn");
    for (const name of [...BUILT_IN, ...(options.builtIn ?? [])]) {
      cpSync(join(codeServer.extensions, name), join(builtIn, name), { recursive: true });
    }
    if (options.builtIn !== undefined) {
      // Some of them have parts in packages of VS Code itself.
      symlinkSync(join(codeServer.extensions, "..", "node_modules"), join(builtIn, "node_modules"));
    }
    const config = join(root, "code-server.yaml");
    writeFileSync(config, "auth: none\n");
    const port = await freePort();
    const log = openSync(join(root, "code-server.log"), "a");
    const child = spawn(
      node,
      [
        entry,
        ...["--config", config, "--bind-addr", `127.0.0.1:${port}`, "--auth", "none"],
        ...["--user-data-dir", userData],
        ...["--extensions-dir", options.extensionsFolder ?? join(root, "extensions")],
        ...["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"],
        // Without it a closed page leaves its extension host alive for hours.
        ...["--reconnection-grace-time", "5"],
        ...["--vscode-option", `builtin-extensions-dir=${builtIn}`],
        ...(options.args ?? []),
      ],
      {
        stdio: ["ignore", log, log],
        // Its own process group, so that extension hosts and language servers go with it.
        detached: true,
        env: {
          ...process.env,
          HOME: root,
          XDG_CONFIG_HOME: join(root, "xdg"),
          XDG_DATA_HOME: join(root, "xdg"),
          XDG_STATE_HOME: join(root, "xdg"),
          EXTENSIONS_GALLERY: '{"serviceUrl":""}',
          PROOFLINE_HOME: homeIn(root),
          ...options.env,
        },
      },
    );
    closeSync(log);
    const server = new Server(`http://127.0.0.1:${port}`, root, child);
    running.add(server);
    try {
      await eventually(
        () => (child.exitCode === null ? healthy(server.url) : Promise.reject(new Error(server.log()))),
        (up) => up,
        { milliseconds: 60_000, what: "code-server to answer" },
      );
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  log(): string {
    return readFileSync(join(this.root, "code-server.log"), "utf8");
  }

  async stop(): Promise<void> {
    this.kill();
    await eventually(
      () => this.child.exitCode !== null || this.child.signalCode !== null,
      (gone) => gone,
      { what: "code-server to end" },
    );
    await stopChainOf(this.home);
    // Its children may still be writing their last lines.
    removeFolder(this.root);
  }

  kill(): void {
    running.delete(this);
    if (this.child.pid !== undefined) {
      try {
        process.kill(-this.child.pid, "SIGKILL");
      } catch {
        // It is gone already.
      }
    }
  }
}

/** The embedded chain outlives its last user for a while on purpose; a test's own must not. */
export async function stopChainOf(home: string): Promise<void> {
  if (existsSync(join(home, "chain"))) {
    const commandLine = join(import.meta.dirname, "..", "..", "dist", "cli.js");
    const env = { ...process.env, PROOFLINE_HOME: home };
    await promisify(execFile)(process.execPath, [commandLine, "chain", "stop"], { cwd: home, env }).catch(
      (error: unknown) => console.warn(error),
    );
  }
}

const running = new Set<Server>();
process.once("exit", () => {
  for (const server of running) {
    server.kill();
  }
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(1));
}

/** Installs a VSIX into an extensions folder, as `code --install-extension` does. */
export async function installExtension(vsix: string, extensionsFolder: string): Promise<void> {
  const { node, entry }: CodeServer = await installCodeServer();
  const root = mkdtempSync(join(tmpdir(), "proofline-install-"));
  try {
    writeFileSync(join(root, "code-server.yaml"), "auth: none\n");
    await promisify(execFile)(
      node,
      [
        entry,
        ...["--config", join(root, "code-server.yaml"), "--user-data-dir", root],
        ...["--extensions-dir", extensionsFolder, "--install-extension", vsix],
      ],
      { env: { ...process.env, HOME: root, EXTENSIONS_GALLERY: '{"serviceUrl":""}' } },
    );
  } finally {
    removeFolder(root);
  }
}

async function healthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === "object"
          ? resolve(address.port)
          : reject(new Error("no free port")),
      );
    });
  });
}
