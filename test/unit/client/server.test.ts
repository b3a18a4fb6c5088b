import { describe, expect, it } from "vitest";
import { Server, type ServerConnection, type ServerState } from "../../../client/src/server";
import type { Problem } from "../../../server/src/protocol/chainSettings";
import {
  AnchorNow,
  ChooseModel,
  DidChangeSettings,
  DidChangeStatus,
  DidDismissSuggestions,
  DidLoadModel,
  GetDocumentState,
  GetHubToken,
} from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS, type Settings } from "../../../server/src/protocol/settings";

const STATUS = {
  model: { kind: "loading" },
  chain: { kind: "idle" },
  pending: 0,
  proposedModel: null,
  proposedChain: null,
  proposedPolicy: null,
};

/** A server process that starts, ends and answers when the test says so. */
class FakeConnection implements ServerConnection {
  readonly sent: { readonly method: string; readonly parameters: unknown }[] = [];
  answer: unknown = null;
  disposed = false;
  started: () => void = () => {};
  private refuse: (error: Error) => void = () => {};
  private readonly starting = new Promise<void>((resolve, reject) => {
    this.started = resolve;
    this.refuse = reject;
  });
  private readonly notifications = new Map<string, (raw: unknown) => void>();
  private readonly requests = new Map<string, (raw: unknown) => Promise<unknown>>();
  private readonly endListeners: (() => void)[] = [];

  constructor(readonly settings: Settings) {}

  start(): Promise<void> {
    return this.starting;
  }

  failToStart(why: string): void {
    this.refuse(new Error(why));
  }

  end(): void {
    for (const listener of this.endListeners) {
      listener();
    }
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    // As the language client does: a server that is stopped on purpose ends, too.
    this.end();
  }

  onEnded(listener: () => void): void {
    this.endListeners.push(listener);
  }

  onNotification(method: string, handler: (raw: unknown) => void): void {
    this.notifications.set(method, handler);
  }

  onRequest(method: string, handler: (raw: unknown) => Promise<unknown>): void {
    this.requests.set(method, handler);
  }

  async sendRequest(method: string, parameters: unknown): Promise<unknown> {
    this.sent.push({ method, parameters });
    return this.answer;
  }

  async sendNotification(method: string, parameters: unknown): Promise<void> {
    this.sent.push({ method, parameters });
  }

  tell(method: string, raw: unknown): void {
    this.notifications.get(method)?.(raw);
  }

  ask(method: string, raw: unknown): Promise<unknown> | undefined {
    return this.requests.get(method)?.(raw);
  }
}

/** An editor whose clock and timers the test moves. */
class Editor {
  readonly connections: FakeConnection[] = [];
  readonly states: ServerState[] = [];
  readonly log: string[] = [];
  settings: Settings | Problem = DEFAULT_SETTINGS;
  trusted = true;
  now = 0;
  gone = 0;
  readonly timers: { readonly milliseconds: number; readonly run: () => void; calledOff: boolean }[] = [];
  readonly server = new Server({
    connect: (settings) => {
      const connection = new FakeConnection(settings);
      this.connections.push(connection);
      return connection;
    },
    isTrusted: () => this.trusted,
    readSettings: () => this.settings,
    log: { warn: (line) => this.log.push(line), error: (line) => this.log.push(line) },
    after: (milliseconds, run) => {
      const timer = { milliseconds, run, calledOff: false };
      this.timers.push(timer);
      return () => {
        timer.calledOff = true;
      };
    },
    nowMilliseconds: () => this.now,
  });

  constructor() {
    this.server.onDidChangeState(() => this.states.push(this.server.state));
    this.server.onGone(() => {
      this.gone += 1;
    });
  }

  get last(): FakeConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) {
      throw new Error("nothing was started");
    }
    return connection;
  }

  /** Starts a server that runs. */
  async running(): Promise<this> {
    const start = this.server.start();
    await settled();
    this.last.started();
    await start;
    return this;
  }

  change(settings: Partial<Settings>): Promise<void> {
    this.settings = { ...DEFAULT_SETTINGS, ...settings };
    return this.server.settingsChanged();
  }

  /** What the last server was told of settings, by the longest suggestion that they allow. */
  toldOf(): number[] {
    return this.last.sent
      .filter(({ method }) => method === DidChangeSettings.method)
      .map(({ parameters }) => DidChangeSettings.parameters.parse(parameters).settings.maxTokens);
  }
}

/** Resolves once every promise that can go on by itself has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("the server's life cycle", () => {
  it("is starting until the server answers, then running", async () => {
    const editor = new Editor();
    const start = editor.server.start();
    await settled();
    expect(editor.server.state).toEqual({ kind: "starting" });
    expect(() => editor.server.requireRunning()).toThrow("still starting");
    editor.last.started();
    await start;
    expect(editor.states.map(({ kind }) => kind)).toEqual(["starting", "running"]);
    expect(editor.last.settings).toEqual(DEFAULT_SETTINGS);
  });

  it("starts nothing in an untrusted workspace, and starts once it is trusted", async () => {
    const editor = new Editor();
    editor.trusted = false;
    await editor.server.start();
    expect(editor.server.state).toMatchObject({
      kind: "off",
      reason: expect.stringContaining("not trusted"),
    });
    expect(editor.connections).toEqual([]);
    editor.trusted = true;
    const restart = editor.server.restart();
    await settled();
    editor.last.started();
    await restart;
    expect(editor.server.state.kind).toBe("running");
  });

  it("starts nothing with a setting that cannot be used, and starts once it is corrected", async () => {
    const editor = new Editor();
    editor.settings = { problem: "The setting is wrong.", remedy: "Correct it." };
    await editor.server.start();
    expect(() => editor.server.requireRunning()).toThrow("The setting is wrong. Correct it.");
    const change = editor.change({});
    await settled();
    editor.last.started();
    await change;
    expect(editor.server.state.kind).toBe("running");
  });

  it("stops the server when a setting becomes one that cannot be used", async () => {
    const editor = await new Editor().running();
    editor.settings = { problem: "The setting is wrong.", remedy: "Correct it." };
    await editor.server.settingsChanged();
    expect(editor.server.state.kind).toBe("off");
    expect(editor.last.disposed).toBe(true);
  });

  it("starts one server, however often it is told to", async () => {
    const editor = await new Editor().running();
    await editor.server.start();
    expect(editor.connections).toHaveLength(1);
  });

  it("stops without taking it for a crash, and forgets what the server said", async () => {
    const editor = await new Editor().running();
    await editor.server.stop();
    expect(editor.last.disposed).toBe(true);
    expect(editor.states.map(({ kind }) => kind)).not.toContain("crashed");
    expect(editor.timers).toEqual([]);
    expect(editor.gone).toBe(1);
  });
});

describe("a crash", () => {
  it("is said, everything is forgotten, and the server starts again after a wait", async () => {
    const editor = await new Editor().running();
    editor.last.end();
    expect(editor.server.state).toMatchObject({
      kind: "crashed",
      restart: { kind: "after", milliseconds: 500 },
    });
    expect(editor.gone).toBe(1);
    expect(() => editor.server.requireRunning()).toThrow("Run Proofline: Restart.");
    editor.timers[0]?.run();
    await settled();
    editor.last.started();
    await settled();
    expect(editor.connections).toHaveLength(2);
    expect(editor.server.state.kind).toBe("running");
  });

  it("during the start is one crash, whichever of the two signs comes first", async () => {
    const editor = new Editor();
    const start = editor.server.start();
    await settled();
    editor.last.end();
    editor.last.failToStart("it exited");
    await start;
    expect(editor.states.filter(({ kind }) => kind === "crashed")).toHaveLength(1);
    expect(editor.timers).toHaveLength(1);
  });

  it("says why a server did not start", async () => {
    const editor = new Editor();
    const start = editor.server.start();
    await settled();
    editor.last.failToStart("no such file");
    await start;
    expect(editor.server.state).toMatchObject({
      kind: "crashed",
      reason: "The language server did not start: no such file.",
    });
  });

  it("for the fifth time within minutes is the last, until a person restarts", async () => {
    const editor = await new Editor().running();
    for (let crash = 1; crash <= 4; crash += 1) {
      editor.now += 1_000;
      editor.last.end();
      editor.timers.at(-1)?.run();
      await settled();
      editor.last.started();
      await settled();
    }
    editor.last.end();
    expect(editor.server.state).toMatchObject({ kind: "crashed", restart: { kind: "never", crashes: 5 } });
    expect(editor.timers).toHaveLength(4);

    const restart = editor.server.restart();
    await settled();
    editor.last.started();
    await restart;
    editor.last.end();
    expect(editor.server.state).toMatchObject({ restart: { kind: "after", milliseconds: 500 } });
  });

  it("is not followed by a second server when a person restarts first", async () => {
    const editor = await new Editor().running();
    editor.last.end();
    const restart = editor.server.restart();
    // The wait is over while the restart is under way.
    editor.timers[0]?.run();
    await settled();
    expect(editor.timers[0]?.calledOff).toBe(true);
    editor.last.started();
    await restart;
    await settled();
    expect(editor.connections).toHaveLength(2);
    expect(editor.last.disposed).toBe(false);
  });

  it("of a server that was replaced is not this one's", async () => {
    const editor = await new Editor().running();
    const first = editor.last;
    const restart = editor.server.restart();
    await settled();
    editor.last.started();
    await restart;
    first.end();
    expect(editor.server.state.kind).toBe("running");
  });
});

describe("a change of settings", () => {
  it("reaches a server that runs, once, and not when nothing changed", async () => {
    const editor = await new Editor().running();
    await editor.change({ maxTokens: 10 });
    await editor.server.settingsChanged();
    expect(editor.toldOf()).toEqual([10]);
    expect(editor.connections).toHaveLength(1);
  });

  it("while the server starts is not lost", async () => {
    const editor = new Editor();
    const start = editor.server.start();
    await settled();
    const change = editor.change({ maxTokens: 10 });
    await settled();
    expect(editor.last.sent).toEqual([]);
    editor.last.started();
    await Promise.all([start, change]);
    expect(editor.last.settings.maxTokens).toBe(DEFAULT_SETTINGS.maxTokens);
    expect(editor.toldOf()).toEqual([10]);
  });

  it("arrives in order: the last one is the last that the server hears of", async () => {
    const editor = new Editor();
    const start = editor.server.start();
    await settled();
    const changes = [editor.change({ maxTokens: 10 }), editor.change({ maxTokens: 20 })];
    editor.last.started();
    await Promise.all([start, ...changes]);
    await editor.change({ maxTokens: 30 });
    await editor.change({ maxTokens: 20 });
    expect(editor.toldOf()).toEqual([20, 30, 20]);
  });

  it("after a crash starts the server with the new settings at once", async () => {
    const editor = await new Editor().running();
    editor.last.end();
    const change = editor.change({ maxTokens: 10 });
    await settled();
    editor.last.started();
    await change;
    expect(editor.timers[0]?.calledOff).toBe(true);
    expect(editor.connections.map(({ settings }) => settings.maxTokens)).toEqual([
      DEFAULT_SETTINGS.maxTokens,
      10,
    ]);
  });
});

describe("messages", () => {
  it("are handled for this server and for every later one, as far as they make sense", async () => {
    const editor = new Editor();
    const pending: number[] = [];
    let loaded = 0;
    editor.server.onNotification(DidChangeStatus, (status) => pending.push(status.pending));
    editor.server.onSignal(DidLoadModel, () => {
      loaded += 1;
    });
    await editor.running();
    editor.last.tell(DidChangeStatus.method, { ...STATUS, pending: 1 });
    editor.last.tell(DidChangeStatus.method, { ...STATUS, pending: "many" });
    editor.last.tell(DidLoadModel.method, undefined);
    expect(editor.log).toEqual([expect.stringContaining(DidChangeStatus.method)]);
    const restart = editor.server.restart();
    await settled();
    editor.last.started();
    await restart;
    editor.last.tell(DidChangeStatus.method, { ...STATUS, pending: 2 });
    expect(pending).toEqual([1, 2]);
    expect(loaded).toBe(1);
  });

  it("answer with what the schema says, or reject", async () => {
    const editor = await new Editor().running();
    const uri = "file:///a.ts";
    const model = { kind: "loading" };
    editor.last.answer = { offReason: null, model };
    expect(await editor.server.request(GetDocumentState, { uri })).toEqual({ offReason: null, model });
    editor.last.answer = { offReason: 5, model };
    await expect(editor.server.request(GetDocumentState, { uri })).rejects.toThrow("offReason");
    editor.last.answer = { anchored: 1, problems: [] };
    expect(await editor.server.ask(AnchorNow)).toEqual({ anchored: 1, problems: [] });
    editor.last.answer = null;
    const chosen = { folder: "file:///folder", manifestDigest: null };
    expect(await editor.server.request(ChooseModel, chosen)).toBeUndefined();
    expect(editor.last.sent.map(({ parameters }) => parameters)).toEqual([
      { uri },
      { uri },
      undefined,
      chosen,
    ]);
  });

  it("from the server are answered where they make sense", async () => {
    const editor = new Editor();
    editor.server.onRequest(GetHubToken, async ({ hub }) => `token for ${hub}`);
    await editor.running();
    const hub = "https://hub.example";
    expect(await editor.last.ask(GetHubToken.method, { hub })).toBe(`token for ${hub}`);
    await expect(editor.last.ask(GetHubToken.method, { hub: 5 })).rejects.toThrow();
  });

  it("are not sent to a server that does not run: a request says why, a notification is dropped", async () => {
    const editor = await new Editor().running();
    editor.last.end();
    editor.server.notify(DidDismissSuggestions, { uri: "file:///a.ts" });
    await expect(editor.server.ask(AnchorNow)).rejects.toThrow("ended unexpectedly");
    expect(editor.last.sent).toEqual([]);
  });
});
