import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deviceAddress, openDevice, withDeviceSequence } from "../../../server/src/evidence/device";
import { recoverSigner } from "../../../server/src/platform/ecdsa";
import { digestOf } from "../../support/digests";
import { temporaryFolder } from "./temporaryFolder";

const posix = process.platform !== "win32";

describe("device key", () => {
  it("is made once, whoever comes first, and only its owner can read it", async () => {
    const home = await temporaryFolder();
    expect(await deviceAddress(home)).toBeNull();
    const devices = await Promise.all(Array.from({ length: 10 }, () => openDevice(home)));
    expect(new Set(devices.map(({ address }) => address)).size).toBe(1);
    expect(await deviceAddress(home)).toBe(devices[0]?.address);
    if (posix) {
      expect((await stat(join(home, "device.key"))).mode & 0o777).toBe(0o600);
    }
  });

  it("signs as its address", async () => {
    const { address, sign } = await openDevice(await temporaryFolder());
    const message = Buffer.from("message");
    expect(recoverSigner(message, sign(message))).toBe(address);
  });

  it.skipIf(!posix)("is refused when others can read it", async () => {
    const home = await temporaryFolder();
    await openDevice(home);
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(join(home, "device.key"), mode);
      await expect(openDevice(home)).rejects.toThrow(/Other users/);
    }
  });

  it.each(["", "xyz", "00".repeat(32), "ff".repeat(32), "ab".repeat(31)])(
    "is refused as %j",
    async (text) => {
      const home = await temporaryFolder();
      await writeFile(join(home, "device.key"), text, { mode: 0o600 });
      await expect(openDevice(home)).rejects.toThrow(/cannot be used/);
    },
  );
});

describe("device sequence", () => {
  it("counts batches, each with the seal before, across takers", async () => {
    const home = await temporaryFolder();
    const seals = Array.from({ length: 8 }, (_, index) => digestOf(`0${index}`));
    const seen: (string | null)[] = [];
    await Promise.all(
      seals.map((_, index) =>
        withDeviceSequence(home, async (device) => {
          seen[device.sequence] = device.previousSeal;
          await device.advance(device.sequence, seals[device.sequence] ?? digestOf(`f${index}`));
        }),
      ),
    );
    expect(seen).toEqual([null, ...seals.slice(0, -1)]);
  });

  it("moves only forward", async () => {
    const home = await temporaryFolder();
    await withDeviceSequence(home, async (device) => {
      await device.advance(4, digestOf("44"));
      await device.advance(2, digestOf("22"));
      expect([device.sequence, device.previousSeal]).toEqual([5, "44".repeat(32)]);
    });
  });

  it("does not start over from a damaged state", async () => {
    const home = await temporaryFolder();
    await writeFile(join(home, "device.state.json"), "{");
    await expect(withDeviceSequence(home, async () => {})).rejects.toThrow(/cannot be used/);
    expect(await readFile(join(home, "device.state.json"), "utf8")).toBe("{");
  });
});
