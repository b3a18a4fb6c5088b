import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { BlockLog } from "../../../server/src/chain/embedded/blockLog";
import { claimHost } from "../../../server/src/chain/embedded/hostAddress";
import { APPEND, makeOwnFolder, OVERWRITE, prooflineHome } from "../../../server/src/platform/home";
import { temporaryFolder } from "../evidence/temporaryFolder";

let folder: string;
let target: string;
let home: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  target = join(folder, "somebody's");
  home = join(folder, "home");
  mkdirSync(target, { mode: 0o755 });
  chmodSync(target, 0o755);
});

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

const refused = (path: string): object =>
  expect.objectContaining({
    code: "home",
    reason: expect.stringContaining(path),
    remedy: "nameOwnHome",
  });

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

// Windows has no modes, and lets only administrators make links.
describe.skipIf(process.platform === "win32")("the home", () => {
  it("is made readable by its owner alone, and kept so", () => {
    expect(prooflineHome(join(folder, "a", "home"))).toBe(join(folder, "a", "home"));
    expect(modeOf(join(folder, "a", "home"))).toBe(0o700);
    chmodSync(join(folder, "a", "home"), 0o755);
    prooflineHome(join(folder, "a", "home"));
    expect(modeOf(join(folder, "a", "home"))).toBe(0o700);
  });

  it("is no link: what that leads to stays as it is", () => {
    symlinkSync(target, home);
    expect(thrownBy(() => prooflineHome(home))).toEqual(refused(home));
    expect(modeOf(target)).toBe(0o755);
    rmSync(target, { recursive: true });
    expect(thrownBy(() => prooflineHome(home))).toEqual(refused(home));
    expect(existsSync(target)).toBe(false);
  });

  it.each(["journal", "chain", "models", "device.key", "device.state.json"])(
    "holds no link called %s",
    (name) => {
      prooflineHome(home);
      symlinkSync(target, join(home, name));
      expect(thrownBy(() => prooflineHome(home))).toEqual(refused(join(home, name)));
      expect(modeOf(target)).toBe(0o755);
    },
  );

  it("is no folder that all users share", () => {
    mkdirSync(home);
    chmodSync(home, 0o1777);
    expect(thrownBy(() => prooflineHome(home))).toEqual(refused(home));
    expect(modeOf(home)).toBe(0o1777);
  });

  it("is no file: that is told in a sentence", () => {
    writeFileSync(home, "");
    expect(thrownBy(() => prooflineHome(home))).toMatchObject({ code: "home", remedy: "makeHomeWritable" });
    expect(thrownBy(() => prooflineHome(join(home, "below")))).toMatchObject({ code: "home" });
  });

  it("may lie below a link, as a person's home folder may", () => {
    symlinkSync(target, join(folder, "link"));
    expect(modeOf(prooflineHome(join(folder, "link", "home")))).toBe(0o700);
    expect(modeOf(target)).toBe(0o755);
  });
});

describe.skipIf(process.platform === "win32")("what lies below the home", () => {
  it("is written through no link", async () => {
    const victim = join(folder, "victim");
    writeFileSync(victim, "mine");
    symlinkSync(victim, join(folder, "link"));
    for (const flags of [OVERWRITE, APPEND]) {
      await expect(open(join(folder, "link"), flags, 0o600)).rejects.toThrow();
    }
    mkdirSync(join(home, "chain"), { recursive: true });
    symlinkSync(victim, join(home, "chain", "blocks.log"));
    await expect(BlockLog.open(join(home, "chain", "blocks.log"))).rejects.toThrow();
    expect(readFileSync(victim, "utf8")).toBe("mine");
  });

  it("has the mode of no link's target changed", async () => {
    mkdirSync(home);
    symlinkSync(target, join(home, "chain"));
    expect(thrownBy(() => makeOwnFolder(join(home, "chain")))).toEqual(refused(join(home, "chain")));
    await expect(claimHost(home, createServer())).rejects.toEqual(refused(join(home, "chain")));
    expect(modeOf(target)).toBe(0o755);
  });
});
