/** A model whose pin names where its files lie in Walrus: fetched by whoever names an aggregator, and checked like any other. */
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join, sep } from "node:path";
import { expect, test } from "vitest";
import { ANSWERS } from "../../../server/src/cli/answers";
import { Failure } from "../../../server/src/cli/failure";
import { afterwards } from "../../support/cleanups";
import { ROOT } from "../../support/languageClient";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";
import { temporaryFolder } from "../../support/workspace";

const WALRUS = /^\/v1\/blobs\/([\w-]{43})$/;

/** An aggregator that serves files by blob ids of its own. */
async function aggregator(files: ReadonlyMap<string, Buffer>) {
  const blobs = new Map(
    [...files].map(([path, bytes]) => [randomBytes(32).toString("base64url"), { path, bytes }]),
  );
  const asked: { readonly path: string; readonly authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const { url = "", headers } = request;
    asked.push({ path: url, authorization: headers.authorization });
    const blob = blobs.get(WALRUS.exec(url)?.[1] ?? "");
    response.writeHead(blob === undefined ? 404 : 200).end(blob?.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    blobs,
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    flags: [...blobs].map(([id, { path }]) => `${path}=${id}`),
  };
}

interface Person {
  readonly home: string;
  readonly folder: string;
}

function person(): Person {
  const folder = temporaryFolder("work");
  execFileSync("git", ["init", "-q"], { cwd: folder });
  return { home: temporaryFolder("home"), folder };
}

function proofline({ home, folder }: Person, ...parameters: readonly string[]): Promise<unknown> {
  const env = { ...process.env, PROOFLINE_HOME: home, HF_TOKEN: "hf_secret" };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, "dist", "cli.js"), ...parameters, "--json"],
      { cwd: folder, env },
      (_, stdout) => resolve(JSON.parse(stdout)),
    );
  });
}

/** Somebody who pinned a folder with where its files lie, and a colleague with nothing but the repository. */
async function pinnedInWalrus() {
  const model = join(temporaryFolder("model"), "coder");
  cpSync(EMBEDDED_MODEL, model, { recursive: true });
  const names = readdirSync(model, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll(sep, "/"))
    .filter((name) => name !== "pin.json" && statSync(join(model, name)).isFile());
  const walrus = await aggregator(new Map(names.map((name) => [name, readFileSync(join(model, name))])));
  const [author, colleague] = [person(), person()];
  const pin = (...flags: readonly string[]) =>
    proofline(author, "model", "pin", model, "--yes", "--name", "in-walrus", ...flags);
  return { model, walrus, author, colleague, pin };
}

test("is fetched from the aggregator that a person names, without their hub's token, and checked by its hashes", async () => {
  const { walrus, author, colleague, pin } = await pinnedInWalrus();
  const pinned = ANSWERS["model pin"].parse(await pin("--walrus", ...walrus.flags));
  cpSync(join(author.folder, ".proofline"), join(colleague.folder, ".proofline"), { recursive: true });
  const fetch = ["model", "fetch", "--yes", "--accept", pinned.manifestDigest];

  expect(Failure.parse(await proofline(colleague, ...fetch)).error.reason).toContain(
    "was pinned from a folder",
  );
  expect(walrus.asked).toEqual([]);
  const fetched = ANSWERS["model fetch"].parse(
    await proofline(colleague, ...fetch, "--walrus-aggregator", walrus.url),
  );
  expect(fetched).toMatchObject({ manifestDigest: pinned.manifestDigest, accepted: true });
  expect(walrus.asked.map(({ path }) => basename(path)).sort()).toEqual([...walrus.blobs.keys()].sort());
  expect(walrus.asked.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
});

test("is refused where the aggregator serves other bytes, and nothing is installed", async () => {
  const { walrus, author, colleague, pin } = await pinnedInWalrus();
  await pin("--walrus", ...walrus.flags);
  cpSync(join(author.folder, ".proofline"), join(colleague.folder, ".proofline"), { recursive: true });
  const [one] = walrus.blobs.values();
  one?.bytes.writeUInt8((one.bytes[0] ?? 0) ^ 1);
  const failed = Failure.parse(
    await proofline(colleague, "model", "fetch", "--yes", "--walrus-aggregator", walrus.url),
  );
  expect(failed.error.reason).toMatch(/ in Walrus as [\w-]{43} is not what it should be/);
  const { installed } = ANSWERS["model list"].parse(await proofline(colleague, "model", "list"));
  expect(installed).toEqual([]);
});

test("needs a place for each file, a blob id that is one, and files that are pinned", async () => {
  const { walrus, author, colleague, pin } = await pinnedInWalrus();
  const message = async (...flags: readonly string[]) => Failure.parse(await pin(...flags)).error.reason;
  expect(await message("--walrus", "config.json=abc")).toContain("is not a file and its Walrus blob id");
  const [id = ""] = walrus.blobs.keys();
  expect(await message("--walrus", `other.json=${id}`)).toContain(
    "is none of the files that would be pinned",
  );
  await pin("--walrus", ...walrus.flags.slice(1));
  cpSync(join(author.folder, ".proofline"), join(colleague.folder, ".proofline"), { recursive: true });
  const failed = Failure.parse(
    await proofline(colleague, "model", "fetch", "--yes", "--walrus-aggregator", walrus.url),
  );
  expect(failed.error.reason).toContain("does not say where");
  expect(walrus.asked).toEqual([]);
});
