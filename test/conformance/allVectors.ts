import { SECOND_VECTORS } from "./secondVectors";
import { FIRST_VECTORS, type Vector } from "./vectors";

/** Every conformance vector. */
export const VECTORS: readonly Vector[] = [...FIRST_VECTORS, ...SECOND_VECTORS];
