import fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import type { ChainServer } from "../../../server/src/chain/rpc/chainServer";
import { RpcFailure } from "../../../server/src/chain/rpc/rpc";
import {
  agreedByAll,
  DisputedError,
  reachedByAll,
  Witnesses,
} from "../../../server/src/chain/trust/witnesses";

/** A server that answers everything with one value, or not at all. */
function server(host: string, answer: number | null): ChainServer {
  return {
    host,
    call: (_method, _params, schema) =>
      answer === null
        ? Promise.reject(new RpcFailure(`${host} is away`))
        : Promise.resolve(schema.parse(answer)),
  };
}

const QUESTION = {
  method: "eth_anything",
  params: [],
  schema: z.number(),
  about: "the number",
  says: (value: number) => (value < 0 ? null : `${value}`),
};

/** Who operates a server and what it answers: `null` is away, a negative number knows nothing. */
const Voices = fc.array(
  fc.record({ operator: fc.constantFrom("a", "b", "c"), answer: fc.constantFrom(null, -1, 1, 2) }),
  { minLength: 1, maxLength: 6 },
);

test("an answer counts for whoever gave it, and none that another contradicts is taken", async () => {
  await fc.assert(
    fc.asyncProperty(Voices, async (voices) => {
      const witnesses = new Witnesses(
        voices.map(({ operator, answer }, index) => ({
          operator,
          server: server(`${index}.example`, answer),
        })),
      );
      const said = voices.filter(({ answer }) => answer !== null && answer > 0);
      const values = new Set(said.map(({ answer }) => answer));
      if (voices.every(({ answer }) => answer === null)) {
        await expect(witnesses.ask(QUESTION)).rejects.toThrow(RpcFailure);
      } else if (values.size > 1) {
        await expect(witnesses.ask(QUESTION)).rejects.toThrow(DisputedError);
      } else if (values.size === 1) {
        const { value, operators } = await witnesses.ask(QUESTION);
        expect(values).toContain(value);
        expect(operators).toEqual(new Set(said.map(({ operator }) => operator)));
      }
    }),
  );
});

test("a contradiction names who says what", async () => {
  const witnesses = new Witnesses([
    { operator: "one", server: server("rpc.one.example", 1) },
    { operator: "two", server: server("rpc.two.example", 2) },
  ]);
  await expect(witnesses.ask(QUESTION)).rejects.toThrow(
    "The servers contradict each other about the number: rpc.one.example says 1; rpc.two.example says 2.",
  );
});

test("no number of operators decides that the chain has got further than one of them", () => {
  const heights = (...of: [string, number | null][]) =>
    reachedByAll(of.map(([operator, height]) => ({ operator, height })));
  expect(heights(["a", 7])).toBe(7);
  expect(heights(["a", null])).toBe(null);
  expect(heights(["a", 7], ["b", 9])).toBe(7);
  expect(heights(["a", 7], ["a", 8])).toBe(8);
  expect(heights(["a", 7], ["b", 1e9], ["c", 1e9], ["d", 8])).toBe(7);
  expect(heights(["a", 7], ["b", null])).toBe(7);
});

test("who can be reached and says nothing is named, unless another server of the operator speaks", async () => {
  const voices = [
    { operator: "one", server: server("rpc.one.example", 1) },
    { operator: "two", server: server("rpc.two.example", -1) },
    { operator: "one", server: server("other.one.example", -1) },
    { operator: "three", server: server("rpc.three.example", null) },
  ];
  const { operators, silent } = await new Witnesses(voices).ask(QUESTION);
  expect(operators).toEqual(new Set(["one"]));
  expect(silent.map(({ server: { host } }) => host)).toEqual(["rpc.two.example"]);
});

test("a server that has said that it knows something is asked again for a moment where it then says nothing", async () => {
  let asked = 0;
  const balanced: ChainServer = {
    host: "rpc.one.example",
    call: (_method, _params, schema) => Promise.resolve(schema.parse(asked++ < 2 ? -1 : 1)),
  };
  const witnesses = new Witnesses([{ operator: "one", server: balanced }]);
  expect(await witnesses.ask({ ...QUESTION, isKnownTo: () => true })).toMatchObject({ value: 1, silent: [] });
  expect(asked).toBe(3);
  asked = 0;
  expect(await witnesses.ask(QUESTION)).toMatchObject({ silent: [{ operator: "one" }] });
  expect(asked).toBe(1);
});

test("no number of operators makes final what one denies", () => {
  const heights = (...of: [string, number | null][]) =>
    agreedByAll(of.map(([operator, height]) => ({ operator, height })));
  expect(heights(["a", 7])).toBe(7);
  expect(heights(["a", 7], ["b", 9])).toBe(7);
  expect(heights(["a", 1e9], ["b", 1e9], ["c", 8])).toBe(8);
  expect(heights(["a", 7], ["b", null])).toBe(null);
  expect(heights(["a", 7], ["b", 8], ["c", null])).toBe(7);
  expect(heights(["a", null])).toBe(null);
});
