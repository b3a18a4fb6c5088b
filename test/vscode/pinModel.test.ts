import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { removeFolder } from "../support/removeFolder";
import { modelSignature, newKey, publicPem } from "../unit/models/certificates";
import { COMMIT } from "../unit/models/standInHub";
import { eventually, steadily } from "./deadline";
import {
  answer,
  askForRepository,
  choices,
  choose,
  choosePath,
  clickIn,
  clickInDialog,
  dialog,
  GRAPH,
  type HostedModel,
  hostModel,
  notification,
  question,
  REPOSITORY,
  SMALL_GRAPH,
} from "./pinning";
import { KEYS, repository, SETTINGS, STACK, typeForGhostText } from "./sample";
import { sharedWorkbench } from "./sharedWorkbench";
import { type Window, type Workbench, writeFiles } from "./workbench";

const TOKEN = "hf_secret";

describe("models, as a person pins and chooses them", () => {
  let model: HostedModel;
  let workbench: Workbench;
  let window: Window;
  let folder: string;
  /** Whether a window is open in which no test has failed. */
  let isUsable = false;

  beforeAll(async () => {
    model = await hostModel();
    workbench = await sharedWorkbench({
      settings: { ...SETTINGS, "proofline.modelHub": model.hub.url },
      keys: KEYS,
    });
  });
  afterAll(async () => {
    await workbench?.stop();
    await model?.stop();
  });

  beforeEach(async ({ onTestFailed }) => {
    const { hub } = model;
    hub.files.clear();
    for (const [path, file] of model.files()) {
      hub.files.set(path, file);
    }
    hub.stated.clear();
    hub.requests.length = 0;
    hub.faults.length = 0;
    hub.token = null;
    hub.silent = false;
    // Nobody knows what a failed test left behind.
    onTestFailed(async () => {
      isUsable = false;
      await window?.close();
    });
    await (isUsable ? openAgain() : open());
  });

  /** A new folder in a new window. */
  async function open(files: Readonly<Record<string, string>> = {}): Promise<void> {
    removeFolder(cache());
    folder = repository(workbench, { "stack.js": STACK, ...files });
    window = await workbench.open(folder);
    isUsable = true;
    await window.status((text) => /ready/.test(text), "a ready model");
  }

  /**
   * The same in the window that is open, which takes a fraction of the time: nothing over it, no editor, and a new
   * language server that finds folder and models as at first. Suggestions are off meanwhile, so that the model that is
   * ready at the end is not the one that was.
   */
  async function openAgain(files: Readonly<Record<string, string>> = {}): Promise<void> {
    await eventually(noQuestion, (is) => is, { what: "no question over the window" });
    await clear();
    await window.command("View: Close All Editors");
    writeFiles(folder, { ".vscode/settings.json": JSON.stringify({ "proofline.enabled": false }) });
    await window.status((text) => /^Proofline: off\b/.test(text), "no model");
    removeFolder(cache());
    for (const name of readdirSync(folder).filter((one) => one !== ".git" && one !== ".vscode")) {
      removeFolder(join(folder, name));
    }
    writeFiles(folder, { "stack.js": STACK, ...files });
    await window.command("Proofline: Restart");
    removeFolder(join(folder, ".vscode"));
    await window.status((text) => /Model proofline\S* is ready/.test(text), "the model of the settings");
  }

  const modelsFile = () => join(folder, ".proofline", "models.json");
  const pinned = () =>
    existsSync(modelsFile())
      ? (JSON.parse(readFileSync(modelsFile(), "utf8")) as { default: string; models: readonly unknown[] })
      : null;
  /** The models of this machine. */
  const cache = () => join(workbench.home, "models");
  const cached = () =>
    existsSync(cache()) ? readdirSync(cache()).filter((name) => /^[0-9a-f]{64}/.test(name)) : [];
  const bytesAsked = () => model.hub.requests.filter(({ path }) => !path.startsWith("/api/"));
  const noQuestion = async () =>
    (await window.page.locator(".quick-input-widget:visible, .monaco-dialog-box").count()) === 0;
  /** Nothing of Proofline's is open over the window. */
  const quiet = async () => (await window.toasts()).length === 0 && (await noQuestion());
  /** What is over the window goes, and nothing comes. */
  async function silence(): Promise<void> {
    await eventually(quiet, (is) => is, { what: "nothing over the window" });
    await steadily(quiet, (is) => is, { what: "nothing over the window" });
  }
  const clear = () => window.command("Notifications: Clear All Notifications");

  /** Agrees to what the dialog shows once it was read, and waits for what is said then. */
  async function agree(button: string, then: RegExp): Promise<string> {
    // VS Code draws no more than three notifications within a second, and nobody reads that fast.
    await eventually(
      () => window.toasts(),
      (toasts) => toasts.length === 0,
      { what: "what was said before to go" },
    );
    await clickInDialog(window, button);
    return await notification(window, then);
  }

  it("pins a variant from the hub once its plan was agreed to, and uses it", async () => {
    const { hub } = model;
    hub.files.set(SMALL_GRAPH, model.smallGraph);
    await askForRepository(window);
    await question(window, "Which variant?");
    expect((await choices(window)).map((text) => text.split("\n")[0])).toEqual([
      expect.stringMatching(/^model_q4\s*\d+ kB$/),
      expect.stringMatching(/^model\s*\d+ kB$/),
    ]);
    await choose(window, SMALL_GRAPH);
    const plan = await dialog(window);
    expect(plan).toMatch(/Download \d+ kB and pin tiny-coder:model_q4\?/);
    for (const line of [
      `Repository: ${REPOSITORY}`,
      `Commit: ${COMMIT.slice(0, 12)}`,
      "Licence: apache-2.0",
      "Signature: none",
    ]) {
      expect(plan.split("\n")).toContain(line);
    }
    expect(plan).toMatch(/^4 files, \d+ kB:$/m);
    for (const path of ["config.json", "tokenizer.json", "tokenizer_config.json", SMALL_GRAPH]) {
      expect(plan).toMatch(new RegExp(`^${path.replaceAll(".", "\\.")} \\(\\d+ kB\\)$`, "m"));
    }
    expect(plan).not.toContain(GRAPH);
    expect(bytesAsked()).toEqual([]);
    expect(pinned()).toBeNull();

    const done = await agree("Download and Pin", /^Pinned/);
    expect(done).toBe(
      `Pinned tiny-coder:model_q4. Not signed. Its manifest digest is ${pinned()?.default}. The pin is in .proofline/models.json.`,
    );
    expect(pinned()).toMatchObject({
      models: [
        {
          source: { kind: "huggingface", repository: REPOSITORY, commit: COMMIT },
          manifest: { name: "tiny-coder:model_q4", execution: { graph: SMALL_GRAPH } },
        },
      ],
    });
    expect(cached()).toContain(pinned()?.default);
    await window.status((text) => /Model proofline/.test(text), "the model as before");

    await clickIn(window, /^Pinned/, "Use It Here");
    await window.status((text) => /Model tiny-coder:model_q4 is ready/.test(text), "the pinned model");
    await typeForGhostText(window, "stack.js");
    await window.press("Tab");
    const [badge] = await window.waitForBadges(([first]) => first !== undefined, "a badge");
    expect(await window.hoverBadge(badge?.line ?? 0)).toContain("tiny-coder:model_q4");
    await window.press("Escape");
    await window.save();

    await window.command("Proofline: Use the Workspace's Model…");
    await question(window, "Use the Workspace's Model");
    await choose(window, "The model of the settings");
    await window.status((text) => /Model proofline/.test(text), "the model of the settings");
    expect(await window.toasts()).toEqual([]);
  });

  it("shows a folder before it pins it, and asks before other bytes take its name", async () => {
    const pinFolder = async () => {
      await window.command("Proofline: Pin a Model…");
      await question(window, "Pin a Model");
      await choose(window, "A folder…");
      await choosePath(window, "The folder that holds the model", model.folder);
      return await dialog(window);
    };
    const plan = await pinFolder();
    expect(plan).toContain(`Pin the model in ${model.folder} as it is now?`);
    expect(plan).toContain(GRAPH);
    const done = await agree("Pin", /^Pinned/);
    expect(done).toBe(
      `Pinned tiny-coder. Not signed. Its manifest digest is ${pinned()?.default}. The pin is in .proofline/models.json.`,
    );
    await clickIn(window, /^Pinned/, "Use It Here");
    await window.status((text) => /Model tiny-coder is ready/.test(text), "the pinned model");
    const before = pinned();
    expect(before).toMatchObject({ models: [{ source: { kind: "folder" } }] });

    const config = join(model.folder, "config.json");
    const intended = readFileSync(config, "utf8");
    try {
      writeFileSync(config, `${intended} `);
      const pinAgain = async () => {
        await pinFolder();
        await clickInDialog(window, "Pin");
        return await dialog(window, /pins other bytes/);
      };
      const warning = await pinAgain();
      expect(warning).toContain("pins other bytes under the name tiny-coder: config.json differs.");
      expect(warning).not.toContain("--");
      await window.press("Escape");
      await silence();
      expect(pinned()).toEqual(before);

      await pinAgain();
      await agree("Replace the Pin", /^Pinned/);
      expect(pinned()?.models).toHaveLength(1);
      expect(pinned()?.default).not.toBe(before?.default);
    } finally {
      writeFileSync(config, intended);
      rmSync(join(model.folder, "pin.json"), { force: true });
    }
    expect(model.hub.requests).toEqual([]);
  });

  it("says who signed a model, by the key that the person chose", async () => {
    const key = newKey();
    const { hub } = model;
    const files = [...hub.files].map(([path, { bytes }]) => ({
      path,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    }));
    hub.files.set("model.sig", { bytes: modelSignature({ files, key }) });
    writeFileSync(join(folder, "right.pem"), publicPem(key));
    writeFileSync(join(folder, "wrong.pem"), publicPem(newKey()));
    const pinSignedBy = async (name: string) => {
      await askForRepository(window);
      await question(window, "The model is signed");
      await choose(window, "Signed with a key…");
      await choosePath(window, "The signer's public key (PEM)", join(folder, name));
      expect(await dialog(window)).toContain("Signature: must be made with the key that you chose");
    };
    await pinSignedBy("wrong.pem");
    expect(await agree("Download and Pin", /another key/)).toContain("The model was signed with another key");
    expect(pinned()).toBeNull();
    await clear();

    await pinSignedBy("right.pem");
    const der = key.publicKey.export({ type: "spki", format: "der" });
    const fingerprint = createHash("sha256").update(der).digest("hex");
    expect(await agree("Download and Pin", /^Pinned/)).toContain(
      `Pinned tiny-coder. Signed by the key ${fingerprint}.`,
    );

    await window.command("Proofline: Use the Workspace's Model…");
    await question(window, "Use the Workspace's Model");
    const [listed] = await choices(window);
    expect(listed).toContain("on this machine · proposed by this workspace");
    expect(listed).toContain(`signed by the key ${fingerprint.slice(0, 8)}…${fingerprint.slice(-4)}`);
    await window.press("Escape");
  });

  it("asks for a token where one is needed, tells it to the hub alone, and forgets it", async () => {
    const { hub } = model;
    hub.token = TOKEN;
    await askForRepository(window);
    const refused = await notification(window, /refuses/);
    expect(refused).toContain(`refuses ${REPOSITORY} at main without a token`);
    expect(refused).toContain("Proofline: Set Hugging Face Token…");
    await clear();

    await window.command("Proofline: Set Hugging Face Token…");
    await question(window, `Token for ${hub.url}`);
    expect(await window.page.locator(".quick-input-widget:visible input").first().getAttribute("type")).toBe(
      "password",
    );
    await answer(window, TOKEN);
    expect(await notification(window, /token/)).toBe(`The token for ${hub.url} is set.`);
    await clear();
    hub.requests.length = 0;

    await askForRepository(window);
    await dialog(window);
    await agree("Download and Pin", /^Pinned/);
    const told = (server: "hub" | "storage") =>
      new Set(hub.requests.filter((request) => request.server === server).map((one) => one.authorization));
    expect(told("hub")).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(told("storage")).toEqual(new Set([undefined]));
    await clear();

    await window.command("Proofline: Remove Hugging Face Token");
    expect(await notification(window, /token/)).toBe(`The token for ${hub.url} was removed.`);
    await clear();
    hub.requests.length = 0;
    await askForRepository(window);
    await notification(window, /without a token/);
    expect(told("hub")).toEqual(new Set([undefined]));
  });

  it("ends a download that is cancelled without a word, and goes on with it later", async () => {
    const { hub } = model;
    const half = 400_000;
    hub.faults.push({ path: GRAPH, times: 1, kind: { kind: "silence", bytes: half } });
    const whole = hub.files.get(GRAPH)?.bytes.length ?? 0;
    const installed = cached();
    await askForRepository(window);
    await dialog(window);
    const progress = await agree("Download and Pin", new RegExp(`4\\d\\d kB of \\d+ kB, ${GRAPH}`));
    expect(progress).toMatch(/^Proofline: pinning tiny-coder: /);
    await clickIn(window, /pinning/, "Cancel");
    await silence();
    expect(pinned()).toBeNull();
    expect(cached()).toEqual(installed);

    await askForRepository(window);
    const plan = await dialog(window);
    const left = `${Math.ceil((whole - half) / 1e3)} kB`;
    expect(plan).toContain(`Download ${left} and pin tiny-coder?`);
    expect(plan).toMatch(/, of which \d+ kB are here already:$/m);
    await agree("Download and Pin", /^Pinned tiny-coder/);
    expect(hub.bytesAsked(GRAPH).map(({ range }) => range)).toEqual([undefined, `bytes=${half}-`]);
  });

  it("ends a question to the hub that is cancelled without a word", async () => {
    model.hub.silent = true;
    await askForRepository(window);
    await notification(window, /asking the hub/);
    await clickIn(window, /asking the hub/, "Cancel");
    await silence();
  });

  it("uses the workspace's model on another machine, and refuses bytes that are not the pinned ones", async () => {
    const { hub } = model;
    await askForRepository(window);
    await dialog(window);
    await agree("Download and Pin", /^Pinned/);
    const models = readFileSync(modelsFile(), "utf8");
    const digest = pinned()?.default ?? "";
    const becomeAnotherMachine = async (begin: typeof open) => {
      await begin({ ".proofline/models.json": models });
      hub.requests.length = 0;
      await window.status((text) => /proposes the model tiny-coder/.test(text), "the proposal");
      await window.command("Proofline: Use the Workspace's Model…");
      await question(window, "Use the Workspace's Model");
      await choose(window, "tiny-coder");
    };

    const graph = hub.files.get(GRAPH);
    if (graph === undefined) {
      throw new Error("the hub has no graph");
    }
    const changed = Buffer.from(graph.bytes);
    changed[1000] = (changed[1000] ?? 0) ^ 1;
    // The hub states the pinned hash, and gives out other bytes.
    hub.files.set(GRAPH, { bytes: changed, large: true });
    hub.stated.set(GRAPH, { sha256: createHash("sha256").update(graph.bytes).digest("hex") });
    await window.close();
    await becomeAnotherMachine(open);
    expect(bytesAsked()).toEqual([]);
    expect(await dialog(window)).toMatch(/Download \d+ kB, accept tiny-coder and use it here\?/);
    const refused = await agree("Download and Use", /is not what it should be/);
    expect(refused).toContain(`${GRAPH} of ${REPOSITORY}`);
    expect(refused).toContain("Nothing was kept.");
    expect(cached()).toEqual([]);
    await window.status((text) => /Model proofline/.test(text), "the model as before");
    hub.stated.clear();

    // The hub itself states another hash: nothing is downloaded.
    await becomeAnotherMachine(openAgain);
    expect(await notification(window, /is stated with another hash/)).toContain(GRAPH);
    expect(bytesAsked()).toEqual([]);

    hub.files.set(GRAPH, graph);
    await becomeAnotherMachine(openAgain);
    expect((await dialog(window)).split("\n")).toContain(`Manifest digest: ${digest}`);
    expect(await agree("Download and Use", /^Downloaded/)).toBe(
      "Downloaded tiny-coder. It is now used here. Not signed.",
    );
    await window.status((text) => /Model tiny-coder is ready/.test(text), "the workspace's model");
    expect(cached()).toContain(digest);
    expect(readFileSync(modelsFile(), "utf8")).toBe(models);

    // To use it was to accept it; that is taken back, and said again, after it was shown.
    const acceptance = async () => {
      await window.command("Proofline: Accept a Model…");
      await question(window, "Accept a Model");
      await choose(window, "tiny-coder");
      return await dialog(window);
    };
    const shown = await acceptance();
    expect(shown).toContain("tiny-coder is accepted in this workspace. Accept it no longer?");
    expect(shown.split("\n")).toContain(`Manifest digest: ${digest}`);
    await clickInDialog(window, "Accept It No Longer");
    await window.status((text) => /Model proofline/.test(text), "the model of the settings");
    expect(await acceptance()).toContain("Accept tiny-coder in this workspace?");
    await window.press("Escape");
  });

  it("pins nothing and says nothing after Escape at any question", async () => {
    model.hub.files.set(SMALL_GRAPH, model.smallGraph);
    const key = newKey();
    model.hub.files.set("model.sig", { bytes: modelSignature({ files: [], key }) });
    const escaped = async () => {
      await window.press("Escape");
      await eventually(quiet, (is) => is, { what: "nothing over the window" });
      expect(bytesAsked()).toEqual([]);
    };
    const begin = () => window.command("Proofline: Pin a Model…");
    const steps: readonly (() => Promise<void>)[] = [
      () => question(window, "Pin a Model"),
      async () => {
        await choose(window, "A Hugging Face repository…");
        await question(window, "Hugging Face repository");
      },
      async () => {
        await answer(window, REPOSITORY);
        await question(window, "Revision");
      },
      async () => {
        await window.press("Enter");
        await question(window, "Which variant?");
      },
      async () => {
        await choose(window, SMALL_GRAPH);
        await question(window, "The model is signed");
      },
      async () => {
        await choose(window, "Do not check who signed it");
        expect(await dialog(window)).toContain("Signature: present, but who made it is not checked");
      },
    ];
    for (let count = 1; count <= steps.length; count += 1) {
      await begin();
      for (const step of steps.slice(0, count)) {
        await step();
      }
      await escaped();
    }
    for (const [command, title] of [
      ["Proofline: Use the Workspace's Model…", "Use the Workspace's Model"],
      ["Proofline: Set Hugging Face Token…", `Token for ${model.hub.url}`],
    ] as const) {
      await window.command(command);
      await question(window, title);
      await escaped();
    }
    await begin();
    await choose(window, "A folder…");
    await question(window, "The folder that holds the model");
    await escaped();
    await silence();
    expect(pinned()).toBeNull();
  });

  it("refuses names that the hub cannot have while they are typed", async () => {
    await window.command("Proofline: Pin a Model…");
    await choose(window, "A Hugging Face repository…");
    await question(window, "Hugging Face repository");
    for (const name of ["tiny-coder", "someone/tiny--coder", "someone/..coder"]) {
      await window.press("Control+A");
      await answer(window, name);
      await window.page.getByText("A repository is given as owner/name").first().waitFor();
    }
    await window.press("Escape");
    expect(model.hub.requests).toEqual([]);
  });
});
