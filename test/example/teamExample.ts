/**
 * A team from nothing to a refused change: the steps of docs/team-example.md, run with the built command line on a chain of this computer
 * in place of Base Sepolia, with real git and real EAS contracts. `npm run example:team` runs it and writes the page.
 */
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { deployEas } from "../../server/src/chain/eas/deploy";
import { DEVELOPMENT_KEY } from "../../server/src/chain/embedded/developmentAccount";
import { Rpc } from "../../server/src/chain/rpc/rpc";
import { anvilPath, startAnvil } from "../support/anvil";
import { removeFolder } from "../support/removeFolder";

const root = join(import.meta.dirname, "../..");
const CLI = join(root, "dist", "cli.js");
/** Where the page lies. */
export const PAGE = join(root, "docs", "team-example.md");
const FILE = "src/inventory.ts";

type Person = "lead" | "developer" | "ci";

class Example {
  private readonly written: string[] = [];
  private readonly scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-team-")));
  private variables: Readonly<Record<string, string>> = {};

  say(text: string): void {
    this.written.push(text, "");
  }

  async run(): Promise<string> {
    const anvil = await startAnvil(anvilPath(), ["--chain-id", "31337", "--slots-in-an-epoch", "1"]);
    try {
      const contract = await deployEas(new Rpc(anvil.url));
      this.variables = {
        PROOFLINE_CHAIN_ID: "31337",
        PROOFLINE_RPC_URLS: anvil.url,
        PROOFLINE_CONTRACT: contract,
      };
      await this.steps(contract);
      return `${this.written.join("\n").trimEnd()}\n`;
    } finally {
      await anvil.kill();
      removeFolder(this.scratch);
    }
  }

  private async steps(contract: string): Promise<void> {
    const verifierKey = generatePrivateKey();
    const verifier = privateKeyToAccount(verifierKey).address.toLowerCase();
    const team = privateKeyToAccount(DEVELOPMENT_KEY).address.toLowerCase();
    this.begin();

    this.say("## The lead writes the rules");
    this.file("lead", ".proofline/policy.json", {
      format: "proofline/policy/v1",
      name: "Inventory team",
      enforcement: "block",
      chain: { id: 31337, contract },
      authority: { addresses: [{ name: "leads", address: team }] },
      edited: "refuse",
      unattributed: "report",
    });
    this.say("and, as they wrote it, accepts them for their own machine:");
    const digest = await this.proposed("lead");
    await this.command("lead", ["policy", "accept", digest]);
    this.say(
      "Approving costs gas, so that the first payment of the account is agreed to with `--pay`. The files that remain are committed:",
    );
    const authority = { PROOFLINE_AUTHORITY_KEY: DEVELOPMENT_KEY };
    await this.command("lead", ["authority", "approve-model", "--pay"], authority);
    await this.command(
      "lead",
      ["authority", "appoint-verifier", verifier, "--name", "CI of Inventory"],
      authority,
    );
    this.git("lead", "add", "-A");
    this.git("lead", "commit", "--quiet", "--message", "The team's rules");
    this.git("lead", "push", "--quiet");

    this.say("## A developer joins");
    this.git("developer", "pull", "--quiet");
    this.say(
      "Nothing that a repository brings counts unasked, so that they look at the rules, and accept them:",
    );
    await this.command("developer", ["policy", "accept", digest]);
    this.say(
      "A suggestion is accepted in the editor, or on the command line, and anchored with a key of their own that pays:",
    );
    await this.accept("developer", "has(id");
    await this.command("developer", ["anchor", "--pay"], { PROOFLINE_KEY: DEVELOPMENT_KEY });
    this.say("Nobody has enrolled their device yet, so that the word is *unverified*:");
    await this.command("developer", ["verify"], {}, 1);
    const device = await this.device("developer");
    this.say("They send the lead the device's address, who enrols it:");
    await this.command(
      "lead",
      ["authority", "enroll-device", device, "--name", "The developer's laptop"],
      authority,
    );
    this.git("lead", "add", "-A");
    this.git("lead", "commit", "--quiet", "--message", "Enrol a device");
    this.git("lead", "push", "--quiet");
    this.git("developer", "checkout", "--quiet", "-b", "feature");
    this.git("developer", "add", "-A");
    this.git("developer", "commit", "--quiet", "--message", "Look items up by their id");
    this.git("developer", "push", "--quiet", "--set-upstream", "origin", "feature");

    this.say("## The pull request is judged");
    this.say(
      "The pipeline compares with the protected branch, where the device is enrolled by now, replays, and signs for readers who have no model:",
    );
    this.checkOut("feature");
    await this.command("ci", ["ci", "--base", "origin/main"], { PROOFLINE_VERIFIER_KEY: verifierKey });

    this.say("## A change that is refused");
    this.say(
      "Somebody changes the accepted line afterwards, and asks for less in the rules with the same change:",
    );
    this.git("developer", "checkout", "--quiet", "-b", "shortcut");
    this.editAccepted("developer");
    this.git("developer", "commit", "--quiet", "--all", "--message", "A shortcut");
    this.git("developer", "push", "--quiet", "--set-upstream", "origin", "shortcut");
    this.checkOut("shortcut");
    await this.command("ci", ["ci", "--base", "origin/main", "--no-replay"], {}, 1);

    this.say("## A laptop is stolen");
    this.say(
      "From now on nothing that it signed counts, in every repository whose policy names this authority:",
    );
    await this.command("lead", ["authority", "revoke", "device", device, "--compromised"], authority);
    this.checkOut("feature");
    await this.command("ci", ["ci", "--base", "origin/main", "--no-replay"], {}, 1);
    this.say(
      "What was signed before the theft counts again once the lead says since when the device is in other hands:",
    );
    await this.command(
      "lead",
      ["authority", "revoke", "device", device, "--compromised", "--since", "2099-01-01"],
      authority,
    );
    this.git("lead", "add", "-A");
    this.git("lead", "commit", "--quiet", "--message", "Since when the device is in other hands");
    this.git("lead", "push", "--quiet");
    this.checkOut("feature");
    await this.command("ci", ["ci", "--base", "origin/main", "--no-replay"]);
  }

  /** The project on a bare remote, with a clone for each. */
  private begin(): void {
    const origin = join(this.scratch, "origin.git");
    execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", origin]);
    for (const person of ["lead", "developer", "ci"] as const) {
      execFileSync("git", ["clone", "--quiet", origin, this.folder(person)], { stdio: "ignore" });
      if (person === "lead") {
        cpSync(join(root, "build", "sample"), this.folder("lead"), { recursive: true });
        this.git("lead", "checkout", "--quiet", "-B", "main");
        this.git("lead", "add", "-A");
        this.git("lead", "commit", "--quiet", "--message", "The project");
        this.git("lead", "push", "--quiet", "--set-upstream", "origin", "main");
      }
    }
  }

  private folder(person: Person): string {
    return join(this.scratch, person);
  }

  private git(person: Person, ...parameters: readonly string[]): string {
    const identity = ["-c", `user.name=${person}`, "-c", `user.email=${person}@example.com`];
    return execFileSync("git", [...identity, ...parameters], { cwd: this.folder(person), encoding: "utf8" });
  }

  private checkOut(branch: string): void {
    this.git("ci", "fetch", "--quiet", "origin");
    this.git("ci", "checkout", "--quiet", "--force", "--detach", `origin/${branch}`);
    this.git("ci", "clean", "--quiet", "-ffdx");
  }

  private file(person: Person, path: string, content: object): void {
    const text = JSON.stringify(content, null, 2);
    const target = join(this.folder(person), path);
    mkdirSync(join(target, ".."), { recursive: true });
    writeFileSync(target, `${text}\n`);
    this.say(`\`${path}\`:`);
    this.say(`\`\`\`json\n${steady(text)}\n\`\`\``);
  }

  /** Accepts what is suggested below a line that holds a text. */
  private async accept(person: Person, below: string): Promise<void> {
    const lines = readFileSync(join(this.folder(person), FILE), "utf8").split("\n");
    const line = lines.findIndex((text) => text.includes(below)) + 2;
    const column = (lines[line - 1] ?? "").length + 1;
    await this.command(person, [
      "complete",
      "--file",
      FILE,
      "--line",
      `${line}`,
      "--column",
      `${column}`,
      "--accept",
    ]);
  }

  private editAccepted(person: Person): void {
    const path = join(this.folder(person), FILE);
    const lines = readFileSync(path, "utf8").split("\n");
    const at = lines.findIndex((text) => text.includes("has(id")) + 1;
    lines[at] = `${lines[at]} // quick`;
    writeFileSync(path, lines.join("\n"));
    const policy = join(this.folder(person), ".proofline", "policy.json");
    writeFileSync(policy, readFileSync(policy, "utf8").replace('"edited": "refuse"', '"edited": "allow"'));
  }

  private async proposed(person: Person): Promise<string> {
    const { stdout } = await this.proofline(person, ["policy", "explain", "--json"]);
    return /"digest": "([0-9a-f]{64})"/.exec(stdout)?.[1] ?? "";
  }

  private async device(person: Person): Promise<string> {
    const { stdout } = await this.proofline(person, ["verify", "--json", "--no-replay"]);
    return /"device": "(0x[0-9a-f]{40})"/.exec(stdout)?.[1] ?? "";
  }

  /** Runs a command as somebody, and writes it down with what it says. */
  private async command(
    person: Person,
    parameters: readonly string[],
    variables: Readonly<Record<string, string>> = {},
    expected = 0,
  ): Promise<void> {
    const { status, stdout, stderr } = await this.proofline(person, parameters, variables);
    if (status !== expected) {
      throw new Error(`proofline ${parameters.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
    }
    const quoted = parameters.map((one) => (/[\s']/.test(one) ? `"${one}"` : one)).join(" ");
    const said = steady(`${stdout}${stderr}`.trimEnd());
    const code = status === 0 ? "" : `\n(ends with ${status})`;
    this.say(`\`\`\`text\n${person} $ proofline ${steady(quoted)}\n${said}${code}\n\`\`\``);
  }

  private proofline(
    person: Person,
    parameters: readonly string[],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
    const env = {
      ...process.env,
      ...this.variables,
      ...variables,
      PROOFLINE_HOME: join(this.scratch, `home of ${person}`),
    };
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [CLI, ...parameters],
        { cwd: this.folder(person), env },
        (_, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
      );
    });
  }
}

/** What differs from run to run, in one spelling. */
function steady(text: string): string {
  return text
    .replace(/\b(0x)?[0-9a-f]{8,64}\b/g, (_, prefix: string | undefined) => `${prefix ?? ""}…`)
    .replace(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} UTC/g, (time) =>
      time.startsWith("2099") ? time : "<time>",
    )
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1")
    .replace(/block \d+/g, "block …");
}

const HEAD = `# A team, from nothing to a refused change

Every command below was run as it stands here, by \`npm run example:team\`, which writes this page: with real git, a remote, three machines' worth
of folders, and the real EAS contracts on a chain of this computer. On Base Sepolia the steps are the same with \`--chain-id 84532\`, the contract
\`0x4200000000000000000000000000000000000021\` and your RPC servers, of which two of different operators make anchors more than one operator's
word; the lead's and the developers' accounts need a little test currency. Digests, addresses and times are cut out.
`;

/** Runs the example; resolves to the page. */
export async function teamExample(): Promise<string> {
  return `${HEAD}\n${await new Example().run()}`;
}
