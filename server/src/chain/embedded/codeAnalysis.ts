import { createEVM } from "@ethereumjs/evm";
import type { EmbeddedRules } from "./rules";

/** No instruction of Ethereum's has this code. */
const UNUSED_OPCODE = 0x21;

const ANALYSIS = "_getValidJumpDestinations";

let prepared: Promise<boolean> | undefined;

/**
 * Has the interpreter analyse each contract's code once, and not at each call: of EAS that was three quarters of a call's
 * time (@ethereumjs/evm 10.1.3, measured). The library exports no interpreter to extend; an instruction of ours is handed
 * one. Under one set of rules the analysis says the same of the same code. Resolves to whether it worked; without it all
 * is the same, only slower.
 */
export function analyseCodeOnce(rules: EmbeddedRules): Promise<boolean> {
  prepared ??= prepare(rules);
  return prepared;
}

async function prepare(rules: EmbeddedRules): Promise<boolean> {
  let interpreter: unknown = null;
  const probe = await createEVM({
    common: rules,
    customOpcodes: [
      {
        opcode: UNUSED_OPCODE,
        opcodeName: "PROBE",
        baseFee: 0,
        logicFunction: (state) => {
          interpreter = state.interpreter;
        },
      },
    ],
  });
  await probe.runCode({ code: Uint8Array.of(UNUSED_OPCODE), gasLimit: 100n });
  const prototype: unknown = Object.getPrototypeOf(Object(interpreter));
  if (typeof prototype !== "object" || prototype === null) {
    return false;
  }
  const analyse: unknown = Reflect.get(prototype, ANALYSIS);
  if (typeof analyse !== "function") {
    return false;
  }
  const analysed = new WeakMap<Uint8Array, unknown>();
  return Reflect.set(prototype, ANALYSIS, function analysis(this: unknown, code: Uint8Array): unknown {
    const known = analysed.get(code);
    if (known !== undefined) {
      return known;
    }
    const fresh: unknown = Reflect.apply(analyse, this, [code]);
    analysed.set(code, fresh);
    return fresh;
  });
}
