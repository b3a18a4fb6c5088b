import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { createWhole } from "../../../server/src/platform/durable";
import { temporaryFolder } from "../evidence/temporaryFolder";

const fileSystem = vi.hoisted(() => ({ code: "" }));

vi.mock("node:fs/promises", async (original) => ({
  ...(await original<typeof import("node:fs/promises")>()),
  link: async () => {
    throw Object.assign(new Error("there are no hard links"), { code: fileSystem.code });
  },
}));

it.each(["EPERM", "ENOTSUP", "EISDIR"])("one creates a file where a hard link ends with %s", async (code) => {
  fileSystem.code = code;
  const path = join(await temporaryFolder(), "file");
  expect(await createWhole(path, "one")).toBe(true);
  expect(await createWhole(path, "two")).toBe(false);
  expect(await readFile(path, "utf8")).toBe("one");
});
