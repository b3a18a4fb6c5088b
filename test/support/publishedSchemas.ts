/** The schemas that others published for the formats which Proofline writes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ErrorObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";

const FOLDER = join(import.meta.dirname, "../fixtures/interop");

/** What their formats ask of texts, as far as ours hold such texts. */
const FORMATS: Readonly<Record<string, RegExp | true>> = {
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  uri: /^[a-z][a-z0-9+.-]*:[^\s]+$/i,
  "iri-reference": /^\S*$/,
  "idn-email": /@/,
  date: /^\d{4}-\d\d-\d\d$/,
  time: true,
};

export type Complaints = readonly Pick<ErrorObject, "instancePath" | "message">[];

/** What CycloneDX's schema finds wrong with a bill of materials. */
export const bomComplaints = complaintsBy(new Ajv({ strict: false, formats: FORMATS }), "bom-1.7", [
  "spdx",
  "jsf-0.82",
  "cryptography-defs",
]);

/** What Agent Trace's schema finds wrong with a record. */
export const traceComplaints = complaintsBy(
  new Ajv2020({ strict: false, formats: FORMATS }),
  "trace-record",
  [],
);

function complaintsBy(
  ajv: Ajv | Ajv2020,
  name: string,
  others: readonly string[],
): (value: unknown) => Complaints {
  for (const other of others) {
    ajv.addSchema(schema(other));
  }
  const validate = ajv.compile(schema(name));
  return (value) => (validate(value) ? [] : (validate.errors ?? []));
}

function schema(name: string): object {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.schema.json`), "utf8"));
}
