/** One running code-server with throwaway user data: what an installed VS Code is to a person. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CodeServer, installCodeServer } from "./codeServer";
import { eventually } from "./deadline";

export interface ServerOptions {
  /** Where extensions are installed; a fresh folder unless named. */
  readonly extensionsFolder?: string;
  /** User settings, added to those that keep the workbench quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The user's key bindings, as in `keybindings.json`. */
  readonly keys?: readonly Readonly<Record<string, string>>[];
  /** Asks for trust as VS Code does by default; without it every folder is trusted. */
  readonly workspaceTrust?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** More arguments for code-server. */
  readonly args?: readonly string[];
}

/** Nothing in the workbench may move, ask or phone home while a test looks at it. */
const QUIET = {
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "window.confirmBeforeClose": "never",
  "telemetry.telemetryLevel": "off",
  "chat.disableAIFeatures": true,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "git.openRepositoryInParentFolders": "never",
  "files.simpleDialog.enable": true,
  "remote.autoForwardPorts": false,
};

/** The settings that VS Code reads only from the machine that the extension runs on. */
function machineSettings(settings: ServerOptions["settings"] = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => MACHINE_SCOPE.has(name)));
}

const MACHINE_SCOPE = new Set(["proofline.modelPath", "proofline.modelHub"]);

export class Server {
  private constructor(
    readonly url: string,
    /** Everything of this server: user data, PROOFLINE_HOME, logs. */
    readonly root: string,
    private readonly child: ChildProcess,
  ) {}

  /** PROOFLINE_HOME of everything that runs in it. */
  get home(): string {
    return join(this.root, "proofline");
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    const { node, entry } = await installCodeServer();
    const root = mkdtempSync(join(tmpdir(), "proofline-workbench-"));
    const userData = join(root, "user");
    mkdirSync(join(userData, "User"), { recursive: true });
    writeFileSync(
      join(userData, "User", "settings.json"),
      JSON.stringify({ ...QUIET, ...options.settings }, null, 2),
    );
    // A window on another machine, which a browser's is, takes settings of machine scope from there.
    mkdirSync(join(userData, "Machine"));
    writeFileSync(
      join(userData, "Machine", "settings.json"),
      JSON.stringify(machineSettings(options.settings)),
    );
    writeFileSync(join(userData, "User", "keybindings.json"), JSON.stringify(options.keys ?? []));
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
        ...(options.workspaceTrust === true ? [] : ["--disable-workspace-trust"]),
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
          PROOFLINE_HOME: join(root, "proofline"),
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
    await this.stopChain();
    // Its children may still be writing their last lines.
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  /** The embedded chain outlives its last user for a while on purpose; a test's own must not. */
  async stopChain(): Promise<void> {
    if (existsSync(join(this.home, "chain"))) {
      const commandLine = join(import.meta.dirname, "..", "..", "dist", "cli.js");
      const env = { ...process.env, PROOFLINE_HOME: this.home };
      await promisify(execFile)(process.execPath, [commandLine, "chain", "stop"], {
        cwd: this.root,
        env,
      }).catch((error: unknown) => console.warn(error));
    }
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
    rmSync(root, { recursive: true, force: true });
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
