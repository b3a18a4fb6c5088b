import { expect, it } from "vitest";
import { KNOWN_EXPORTS } from "../../../client/src/pinning/knownExports";
import { HubRepository } from "../../../server/src/protocol/hubNames";

it("names each known export once, as the hub does", () => {
  for (const { repository } of KNOWN_EXPORTS) {
    expect(HubRepository.parse(repository)).toBe(repository);
  }
  expect(new Set(KNOWN_EXPORTS.map(({ repository }) => repository)).size).toBe(KNOWN_EXPORTS.length);
});
