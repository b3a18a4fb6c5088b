import { expect, test } from "vitest";
import { chainSettings } from "../../../server/src/cli/chainOptions";

test("a wrong server in the list is told by its place, and no address with its keys", () => {
  const variables = {
    PROOFLINE_CHAIN_ID: "1",
    PROOFLINE_RPC_URLS:
      "https://user:pass@mainnet.infura.io/v3/0123456789abcdef,htps://typo.example/fedcba9876543210",
    PROOFLINE_CONTRACT: `0x${"ea".repeat(20)}`,
  };
  let message = "";
  try {
    chainSettings({}, variables);
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(/RPC server 2 of 2 is none: each is an http or https address/);
  expect(message).not.toMatch(/0123456789abcdef|fedcba9876543210|user:pass/);
});
