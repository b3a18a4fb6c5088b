/** `proofline attestation check` as a person types it: outside any repository, about a file. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ANSWERS } from "../../../server/src/cli/answers";
import { Failure } from "../../../server/src/cli/failure";
import { repository } from "../../support/chainTest";
import { askAndPay, kept } from "../../support/opengradient/payingClient";
import { startOpenGradient } from "../../support/opengradient/startOpenGradient";
import { removeFolder } from "../../support/removeFolder";
import { scriptedRegistry } from "../../support/scriptedRegistry";
import { serveChain } from "../../support/scriptedServer";
import {
  answerBody,
  attestation,
  newEnclave,
  OUTPUT,
  REGISTERED_AT,
  REQUEST,
  registryEntry,
  type StandInEnclave,
  statement,
} from "../../support/standInEnclave";
import { newIntel } from "../../support/tdx/intel";
import { newTdxEnclave, reportOn, savedTdxAnswer } from "../../support/tdx/tdxEnclave";

const CLI = join(repository, "dist", "cli.js");

let enclave: StandInEnclave;
let scratch: string;
beforeAll(() => {
  enclave = newEnclave();
});
beforeEach(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-attestation-")));
});
afterEach(() => removeFolder(scratch));

function write(text: string): string {
  const file = join(scratch, "answer.json");
  writeFileSync(file, text);
  return file;
}

function save(changes: object = {}): string {
  return write(
    JSON.stringify({
      format: "proofline-opengradient-answer/v1",
      request: REQUEST,
      answer: { kind: "body", text: answerBody(enclave) },
      signingKey: enclave.signingKey.toString("base64"),
      settlement: { kind: "private" },
      ...changes,
    }),
  );
}

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function proofline(...parameters: readonly string[]): Promise<Result> {
  const env = { ...process.env, PROOFLINE_HOME: join(scratch, "home") };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...parameters], { cwd: scratch, env }, (error, stdout, stderr) =>
      resolve({ status: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

async function report(...parameters: readonly string[]) {
  const { status, stdout } = await proofline("attestation", "check", ...parameters, "--json");
  return { status, ...ANSWERS["attestation check"].parse(JSON.parse(stdout)) };
}

describe("proofline attestation check", () => {
  it("says of a file alone who signed it, what was not checked, and how to check it", async () => {
    const file = save();
    expect(await report(file)).toMatchObject({ status: 1, summary: "signed", enclave: enclave.name });
    const { status, stdout } = await proofline("attestation", "check", file);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^The holder of this key signed this answer\. Whether that is an enclave/);
    expect(stdout).toMatch(/^passed +signature +The key signed/m);
    expect(stdout).toMatch(/^not checked +registry entry +OpenGradient's chain was not asked\.$/m);
    expect(stdout).toMatch(/^unproved +model +/m);
    expect(stdout).toContain("--rpc-url");
  });

  it("calls an enclave approved where the registry says so", async () => {
    const entries = new Map([[enclave.name, registryEntry(enclave, { fields: 11 })]]);
    const urls = await Promise.all([1, 2].map(() => serveChain(scriptedRegistry({ entries }))));
    const servers = urls.flatMap((url, index) => ["--rpc-url", `Operator${index}=${url}`]);
    const found = await report(save(), ...servers);
    expect(found).toMatchObject({ status: 0, summary: "approved" });
    expect(found.meaning).toContain("nobody can check which weights wrote it");
    const forged = await report(
      save({ answer: { kind: "body", text: answerBody(enclave).replace(OUTPUT, `${OUTPUT}!`) } }),
      ...servers,
    );
    expect(forged).toMatchObject({ status: 1, summary: "contradicted" });
  });

  it("takes from a real chain the document of the enclave's registration, and pins Amazon's root", async () => {
    const open = await startOpenGradient({ answer: () => OUTPUT });
    const account = privateKeyToAccount(generatePrivateKey());
    const answer = await askAndPay(open, { body: REQUEST, settlement: "private", account });
    const { attestation: _, ...file } = kept(open, REQUEST, answer, { kind: "private" });
    const { chainId, address, rpcUrls } = open.registry;
    const servers = rpcUrls.flatMap((url) => ["--rpc-url", url]);
    const asked = [...servers, "--registry", address, "--registry-chain", `${chainId}`];
    const { status, checks } = await report(write(JSON.stringify(file)), ...asked);
    expect(status).toBe(1);
    // All else holds: the document alone is under a root of the test's own.
    expect(checks.filter(({ value }) => value === "failed")).toEqual([
      { name: "documentChain", value: "failed", reason: expect.stringContaining("not Amazon's") },
    ]);
    const passed = checks.filter(({ value }) => value === "passed").map(({ name }) => name);
    expect(passed).toEqual([
      ...["answer", "requestHash", "outputHash", "signingKey", "signature"],
      ...["registryEntry", "enclaveEnabled", "codeApproved", "codeStillApproved"],
    ]);
  });

  it("loads what checks certificates, and refuses a document under a root that is not Amazon's", async () => {
    const { document } = attestation(enclave);
    const made = { document: document.toString("base64"), at: REGISTERED_AT };
    const { summary, checks } = await report(save({ attestation: made }));
    expect(summary).toBe("contradicted");
    expect(checks).toContainEqual(
      expect.objectContaining({ name: "documentChain", reason: expect.stringContaining("not Amazon's") }),
    );
  });

  it("shows letter by letter what the file says", async () => {
    const entries = new Map([[enclave.name, registryEntry(enclave)]]);
    const url = await serveChain(scriptedRegistry({ entries }));
    const request = '{"model":"gpt\\u202e\\u001b[31m\\nall good","messages":[]}';
    const canonical = '{"messages": [], "model": "gpt\\u202e\\u001b[31m\\nall good", "temperature": 0.0}';
    const choice = { message: { content: OUTPUT } };
    const text = JSON.stringify({ choices: [choice], ...statement(enclave, canonical, OUTPUT) });
    const hostile = save({ request, answer: { kind: "body", text } });
    const { status, stdout } = await proofline("attestation", "check", hostile, "--rpc-url", url);
    expect(status).toBe(0);
    expect(stdout).toContain("from “gpt\\u{202e}\\u{1b}[31m\\u{a}all good”;");
    for (const hidden of ["\u202e", "\u001b", "\nall good"]) {
      expect(stdout).not.toContain(hidden);
    }
    const shown = await proofline("attestation", "check", save({ format: "\u001b[31m" }));
    expect(shown.stderr).not.toContain("\u001b");
  });

  it.each<[string, () => string]>([
    ["is not there", () => join(scratch, "nothing.json")],
    ["is a folder", () => scratch],
    ["is not JSON", () => write("{")],
    ["has another format", () => save({ format: "proofline-opengradient-answer/v2" })],
    ["has no format", () => save({ format: undefined })],
    ["is of one format and says that it is of the other", () => save({ format: "proofline-tdx-answer/v1" })],
    ["says more than the format knows", () => save({ comment: "trust me" })],
    ["spells base64 otherwise", () => save({ signingKey: "AA" })],
  ])("says what to do about a file that %s", async (_, file) => {
    const { status, stdout } = await proofline("attestation", "check", file(), "--json");
    expect(status).toBe(2);
    const { error } = Failure.parse(JSON.parse(stdout));
    expect(error.code).toMatch(/^(?:document|file)$/);
  });

  describe("of an enclave in a trust domain", () => {
    it("calls signed what its key signed, and says that nobody vouches for it", async () => {
      const file = write(JSON.stringify(await savedTdxAnswer(newTdxEnclave())));
      const { status, stdout } = await proofline("attestation", "check", file);
      expect(status).toBe(1);
      expect(stdout).toMatch(/^The holder of this key signed this answer\./);
      expect(stdout).toMatch(
        /^not checked +certificates +No report about the enclave came with the answer\.$/m,
      );
      expect(stdout).not.toContain("--rpc-url");
    });

    it("loads what checks quotes, takes a real one, and sees that it is about another key", async () => {
      const { quote, collateral } = JSON.parse(
        readFileSync(join(repository, "test/fixtures/tdx/quote.json"), "utf8"),
      );
      const at = Date.parse("2025-06-20T10:16:03Z") / 1000;
      const tlsFingerprint = "0".repeat(64);
      const saved = await savedTdxAnswer(newTdxEnclave(), {
        report: { quote, collateral, at, tlsFingerprint },
      });
      const { status, summary, checks } = await report(write(JSON.stringify(saved)));
      expect({ status, summary }).toEqual({ status: 1, summary: "contradicted" });
      expect(checks).toContainEqual(
        expect.objectContaining({
          name: "documentChain",
          value: "passed",
          reason: expect.stringContaining("led to Intel's pinned root at 2025-06-20T10:16:03.000Z"),
        }),
      );
      expect(checks.filter(({ value }) => value === "failed").map(({ name }) => name)).toEqual([
        ...["bindsSigningKey", "bindsTlsCertificate"],
      ]);
    });

    it("refuses a report of somebody who is not Intel", async () => {
      const one = newTdxEnclave();
      const saved = await savedTdxAnswer(one, { report: reportOn(newIntel(), one) });
      const { summary, checks } = await report(write(JSON.stringify(saved)));
      expect(summary).toBe("contradicted");
      expect(checks).toContainEqual(
        expect.objectContaining({ name: "documentChain", reason: expect.stringContaining("not Intel's") }),
      );
    });

    it("has no registry that could be asked", async () => {
      const file = write(JSON.stringify(await savedTdxAnswer(newTdxEnclave())));
      for (const named of [
        ["--rpc-url", "https://a.invalid"],
        ["--registry-chain", "5"],
      ]) {
        const { status, stdout } = await proofline("attestation", "check", file, "--json", ...named);
        expect(status).toBe(2);
        expect(Failure.parse(JSON.parse(stdout)).error).toMatchObject({
          code: "usage",
          reason: expect.stringContaining("no registry tells of"),
        });
      }
    });

    it("says why another kind of signature is not checked", async () => {
      const saved = await savedTdxAnswer(newTdxEnclave());
      const signature = { ...saved.signature, signing_algo: "ed25519" };
      const { status, stderr } = await proofline(
        ...["attestation", "check", write(JSON.stringify({ ...saved, signature }))],
      );
      expect(status).toBe(2);
      expect(stderr).toContain("at signature.signing_algo (only ecdsa is checked");
    });
  });

  it("says what to do about servers and a registry that are none", async () => {
    const file = save();
    const { stdout } = await proofline("attestation", "check", file, "--json", "--rpc-url", "ftp://a");
    expect(Failure.parse(JSON.parse(stdout)).error).toMatchObject({ code: "usage" });
    const nobody = await proofline("attestation", "check", file, "--json", "--registry-chain", "5");
    expect(Failure.parse(JSON.parse(nobody.stdout)).error).toMatchObject({ code: "usage" });
    const other = await proofline(
      ...["attestation", "check", file, "--json"],
      ...["--rpc-url", "https://a.invalid", "--registry", "0x1"],
    );
    expect(Failure.parse(JSON.parse(other.stdout)).error).toMatchObject({ code: "usage" });
  });
});
