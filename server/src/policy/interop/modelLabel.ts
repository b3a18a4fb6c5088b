import { unreachable } from "../../platform/errors";
import { visibleText } from "../../protocol/visibleText";
import type { Findings } from "../verdict";
import { isReserved } from "./reservedName";

/** The longest name, in UTF-16 code units as shown, beside the digest; and the longest label without one. */
const LONGEST_NAME = 160;
const LONGEST_LABEL = 250;

/**
 * What a model is called to other tools, so that it can be told from one of the same name: by the pin that counts here with its digest, by
 * its digest alone, or by what the evidence calls it, which proves nothing.
 */
export function modelLabel({ model, execution: { kind } }: Pick<Findings, "model" | "execution">): string {
  const { name, manifestDigest, told } = model;
  switch (kind) {
    case "replayable": {
      const digest = manifestDigest ?? "";
      return name === null
        ? `proofline/sha256:${digest}`
        : `proofline/${visibleText(name, LONGEST_NAME)}@sha256:${digest}`;
    }
    case "attested":
    case "stated": {
      const label = visibleText(told, LONGEST_LABEL);
      return isReserved(told) ? `unpinned:${label}`.slice(0, LONGEST_LABEL) : label;
    }
    default:
      return unreachable(kind);
  }
}
