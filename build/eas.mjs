// Takes the creation bytecode of the EAS contracts for the embedded chain out of their npm package, without
// installing it (it depends on hardhat), and writes server/src/chain/eas/easContracts.json. Run by hand when the
// version below changes; the result is committed.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { keccak256 } from "viem";

const PACKAGE = "@ethereum-attestation-service/eas-contracts";
const VERSION = "1.4.1";
const INTEGRITY =
  "sha512-c+yaTMrEjOESG3yFztPQnNCGARZOBde6r7RnH4hK/T7BS84rC0Y0BbUv/4tOwGBAhN9ke8MJ7G/qySngVtJk3w==";
const CONTRACTS = ["SchemaRegistry", "EAS"];

/** What Proofline calls or reads of them. */
const USED = ["timestamp", "multiTimestamp", "getTimestamp", "version", "Timestamped", "AlreadyTimestamped"];

const target = join(dirname(fileURLToPath(import.meta.url)), "../server/src/chain/eas/easContracts.json");
const folder = mkdtempSync(join(tmpdir(), "eas-"));
try {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const output = execFileSync(npm, ["pack", "--json", "--ignore-scripts", `${PACKAGE}@${VERSION}`], {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const tarball = join(folder, JSON.parse(output)[0].filename.replace("@", "").replace("/", "-"));
  const integrity = `sha512-${createHash("sha512").update(readFileSync(tarball)).digest("base64")}`;
  if (integrity !== INTEGRITY) {
    throw new Error(`${PACKAGE}@${VERSION} has integrity ${integrity}`);
  }
  execFileSync("tar", ["-xzf", tarball, "-C", folder]);

  const { license } = JSON.parse(readFileSync(join(folder, "package/package.json"), "utf8"));
  const licenseText = readFileSync(join(folder, "package/LICENSE"), "utf8");
  const contracts = Object.fromEntries(
    CONTRACTS.map((name) => {
      const path = join(folder, `package/artifacts/contracts/${name}.sol/${name}.json`);
      const { abi, bytecode, linkReferences } = JSON.parse(readFileSync(path, "utf8"));
      if (Object.keys(linkReferences).length > 0) {
        throw new Error(`${name} needs linking`);
      }
      const used = abi.filter(
        (/** @type {{ type: string, name: string }} */ { type, name }) =>
          type === "constructor" || USED.includes(name),
      );
      return [
        name,
        {
          abi: used,
          keccak256: keccak256(bytecode),
          bytecode,
        },
      ];
    }),
  );
  const source = { package: PACKAGE, version: VERSION, integrity, license, licenseText };
  writeFileSync(target, `${JSON.stringify({ source, contracts }, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
