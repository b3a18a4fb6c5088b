import { expect, test } from "vitest";
import { secretsIn, withoutSecrets } from "../../../server/src/chain/rpc/foreignText";

test("what is secret in an address is in no text, however a server writes it", () => {
  const url = new URL(
    "https://someone:p%40ssword@rpc.example/v3/0123456789abcdef?token=fedcba98&99999999#part",
  );
  const secrets = secretsIn(url);
  const echo = (text: string) => withoutSecrets(text, secrets);
  expect(echo("project /v3/0123456789ABCDEF is over its limit")).toBe("project … is over its limit");
  expect(echo("key 0123456789abcdef, token fedcba98 or 99999999")).toBe("key …, token … or …");
  expect(echo("someone:p@ssword, p%40ssword, c29tZW9uZTpwQHNzd29yZA==")).toBe("…, …, …");
  expect(echo("rpc.example: v3 has no such token")).toBe("rpc.example: v3 has no such token");
  expect(withoutSecrets("anything", secretsIn(new URL("https://rpc.example/")))).toBe("anything");
});
