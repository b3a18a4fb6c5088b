import { type Abi, encodeDeployData, keccak256, toFunctionSelector } from "viem";
import { expect, test } from "vitest";
import { EMBEDDED_EAS } from "../../../server/src/chain/eas/deploy";
import {
  EAS_ABI,
  TIMESTAMPED_TOPIC,
  TimestampResult,
  VersionResult,
} from "../../../server/src/chain/eas/eas";
import eas from "../../../server/src/chain/eas/easContracts.json";

test("the committed bytecode is the one that was taken from the package", () => {
  expect(eas.source).toEqual({
    package: "@ethereum-attestation-service/eas-contracts",
    version: "1.4.1",
    license: "MIT",
    integrity:
      "sha512-c+yaTMrEjOESG3yFztPQnNCGARZOBde6r7RnH4hK/T7BS84rC0Y0BbUv/4tOwGBAhN9ke8MJ7G/qySngVtJk3w==",
    licenseText: expect.stringContaining("Copyright (c) 2020 Leonid Beder"),
  });
  for (const { bytecode, keccak256: digest } of Object.values(eas.contracts)) {
    expect(keccak256(bytecode as `0x${string}`)).toBe(digest);
  }
  expect(eas.contracts.EAS.keccak256).toBe(
    "0xa63f74d0de8758c504b998de081dc5bd03682c336de2549e56f38d40475aa5b8",
  );
  expect(eas.contracts.SchemaRegistry.keccak256).toBe(
    "0x1136337e1023c83c9ea9fd03af4b2327c75ae70cc78808077484948c262d3586",
  );
});

test("what Proofline calls and reads is what the package's ABI says", () => {
  const strip = (part: { readonly name?: string }) =>
    JSON.stringify(part, (key, value) =>
      key === "internalType" || key === "anonymous" || value === "" ? undefined : value,
    );
  const published = eas.contracts.EAS.abi.map((part) => JSON.parse(strip(part)));
  for (const part of EAS_ABI) {
    // Only older deployments have this spelling.
    if (part.type === "function" && part.name === "VERSION") {
      continue;
    }
    expect(published).toContainEqual(JSON.parse(strip(part)));
  }
  const abi = eas.contracts.EAS.abi as Abi;
  const bytecode = eas.contracts.EAS.bytecode as `0x${string}`;
  expect(encodeDeployData({ abi, bytecode, args: [EMBEDDED_EAS] })).toContain(bytecode);
  expect(toFunctionSelector("timestamp(bytes32)")).toBe("0x4d003070");
  expect(TIMESTAMPED_TOPIC).toBe("0x5aafceeb1c7ad58e4a84898bdee37c02c0fc46e7d24e6b60e8209449f183459f");
});

test("only well-formed results are times and versions", () => {
  expect(TimestampResult.parse(`0x${"0".repeat(64)}`)).toBe(0);
  expect(TimestampResult.parse(`0x${"0".repeat(56)}6720ce20`)).toBe(0x6720ce20);
  for (const bad of ["0x", "0x1", `0x${"f".repeat(64)}`, `0x${"0".repeat(66)}`, null, 5, {}]) {
    expect(TimestampResult.safeParse(bad).success).toBe(false);
  }
  const version = `0x${"20".padStart(64, "0")}${"5".padStart(64, "0")}${"312e332e30".padEnd(64, "0")}`;
  expect(VersionResult.parse(version)).toBe("1.3.0");
  for (const bad of [
    "0x",
    version.slice(0, -64),
    version.replace("312e332e30", "616c6c6f77"),
    "f".repeat(200),
  ]) {
    expect(VersionResult.safeParse(bad).success).toBe(false);
  }
});
