import * as z from "zod";
import { AnswerFlaw } from "../attestation/answerFlaw";
import { TCB_STATUSES, type TcbState } from "./tcbStatus";
import type { TdxQuote } from "./tdxQuote";

const hexBytes = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`));

const Identity = z.object({ mrsigner: hexBytes(48), attributes: hexBytes(8), attributesMask: hexBytes(8) });

/** What Intel's TCB info says of TDX modules, besides all else that it says (Intel PCS API, version 4). */
const TcbInfo = z.object({
  tdxModule: Identity,
  tdxModuleIdentities: z
    .array(
      Identity.extend({
        id: z.string(),
        /** The newest first. */
        tcbLevels: z.array(
          z.object({
            tcb: z.object({ isvsvn: z.number() }),
            tcbStatus: z.enum(TCB_STATUSES),
            advisoryIDs: z.array(z.string()).default([]),
          }),
        ),
      }),
    )
    .default([]),
});

/**
 * Whether Intel signed the TDX module under the trust domain, and in which state it is: what separates the trust domain from the
 * machine's owner. The verifier of quotes does not look at it.
 *
 * @param tcbInfo JSON that Intel signed, and the verifier of quotes read
 * @throws AnswerFlaw where it is not a module of Intel's
 */
export function moduleState(tcbInfo: string, quote: TdxQuote): TcbState {
  const told = TcbInfo.safeParse(JSON.parse(tcbInfo));
  if (!told.success) {
    throw new AnswerFlaw("unknown", "what Intel says of TDX modules cannot be understood");
  }
  const { tdxModule, tdxModuleIdentities } = told.data;
  const [version = 0, kind = 0] = quote.securityVersions;
  // Modules of the first kind are named apart, and their versions stand among the platform's.
  if (kind === 0) {
    sameModule(tdxModule, quote);
    return { status: "UpToDate", advisories: [] };
  }
  const id = `TDX_${kind.toString(16).padStart(2, "0").toUpperCase()}`;
  const identity = tdxModuleIdentities.find((one) => one.id.toUpperCase() === id);
  if (identity === undefined) {
    throw new AnswerFlaw("unfit", "Intel knows of no such TDX module");
  }
  sameModule(identity, quote);
  const level = identity.tcbLevels.find(({ tcb }) => version >= tcb.isvsvn);
  if (level === undefined) {
    throw new AnswerFlaw("unfit", "its TDX module is older than any that Intel knows of");
  }
  return { status: level.tcbStatus, advisories: level.advisoryIDs };
}

function sameModule(expected: z.infer<typeof Identity>, quote: TdxQuote): void {
  const wanted = Buffer.from(expected.attributes, "hex");
  const mask = Buffer.from(expected.attributesMask, "hex");
  const isAsExpected = mask.every(
    (bits, index) => ((quote.moduleAttributes[index] ?? 0) & bits) === ((wanted[index] ?? 0) & bits),
  );
  if (!isAsExpected || !Buffer.from(expected.mrsigner, "hex").equals(quote.moduleSigner)) {
    throw new AnswerFlaw("unfit", "the TDX module that ran it is not Intel's");
  }
}
