import * as z from "zod";
import { Digest } from "../../platform/primitives";

const Property = z.strictObject({ name: z.string(), value: z.string() });
export type Property = z.infer<typeof Property>;

const Hashes = z.array(z.strictObject({ alg: z.literal("SHA-256"), content: Digest }));

/** A pinned file of a model. */
const FileComponent = z.strictObject({
  "bom-ref": z.string(),
  type: z.literal("file"),
  name: z.string(),
  hashes: Hashes,
  properties: z.array(Property),
});

const ModelComponent = z.strictObject({
  "bom-ref": z.string(),
  type: z.literal("machine-learning-model"),
  name: z.string(),
  version: z.string().exactOptional(),
  description: z.string(),
  modelCard: z
    .strictObject({
      modelParameters: z.strictObject({
        task: z.literal("text-generation"),
        inputs: z.array(z.strictObject({ format: z.literal("string") })),
        outputs: z.array(z.strictObject({ format: z.literal("string") })),
      }),
    })
    .exactOptional(),
  externalReferences: z
    .array(z.strictObject({ type: z.literal("distribution"), url: z.string(), comment: z.string() }))
    .exactOptional(),
  components: z.array(FileComponent).exactOptional(),
  properties: z.array(Property),
});
export type ModelComponent = z.infer<typeof ModelComponent>;

const ToolComponent = z.strictObject({
  type: z.literal("application"),
  name: z.literal("proofline"),
  version: z.string(),
});

const RepositoryComponent = z.strictObject({
  "bom-ref": z.string(),
  type: z.literal("application"),
  name: z.string(),
  version: z.string().exactOptional(),
});

/** A bill of materials in the form of CycloneDX 1.7: what Proofline writes of it. */
export const Bom = z.strictObject({
  $schema: z.literal("http://cyclonedx.org/schema/bom-1.7.schema.json"),
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.literal("1.7"),
  serialNumber: z.string(),
  version: z.literal(1),
  metadata: z.strictObject({
    timestamp: z.string(),
    tools: z.strictObject({ components: z.array(ToolComponent) }),
    component: RepositoryComponent,
    properties: z.array(Property),
  }),
  components: z.array(ModelComponent),
  compositions: z.array(
    z.strictObject({ aggregate: z.literal("incomplete"), assemblies: z.array(z.string()) }),
  ),
});
export type Bom = z.infer<typeof Bom>;
