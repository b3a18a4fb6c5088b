import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { readPin } from "../../../server/src/models/pin/readPin";
import { ModelStore } from "../../../server/src/models/store/modelStore";
import type { RepositoryIdentity } from "../../../server/src/platform/acceptedRecords";
import type { Digest } from "../../../server/src/platform/primitives";
import { checkModelApproval } from "../../../server/src/policy/policy";
import { EMBEDDED_PINS } from "../../../server/src/workflows/embeddedPins";
import { lookAround } from "../../../server/src/workflows/knownHere";
import { NO_RULES } from "../../../server/src/workflows/repositoryPolicies";
import { digestOf } from "../../support/digests";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";
import { temporaryFolder } from "../../support/workspace";

const ID = "a".repeat(32);
const HERE = { folder: "/work/here", id: ID, ids: [ID] };
const THERE = { ...HERE, folder: "/work/there" };

describe("the models that count for a repository", () => {
  let home: string;
  let store: ModelStore;
  let embedded: Digest;

  beforeEach(async () => {
    home = temporaryFolder("home");
    store = new ModelStore(home);
    embedded = (await readPin(EMBEDDED_MODEL)).manifestDigest;
  });

  it("have the pin that comes with this Proofline among those that it knows, as the newest", async () => {
    const { manifestDigest, manifest } = await readPin(EMBEDDED_MODEL);
    const { name, omsRoot } = manifest;
    expect(EMBEDDED_PINS.at(-1)).toEqual({ name, manifestDigest, omsRoot });
  });

  /** A folder with the pin of a model of that name; nothing here reads more of it. */
  async function pinNamed(
    name: string,
    contextLength = 512,
  ): Promise<{ directory: string; manifestDigest: Digest }> {
    const directory = join(temporaryFolder("model"), "model");
    const { manifest } = await readPin(EMBEDDED_MODEL);
    const pin = { ...manifest, name, contextLength };
    mkdirSync(directory);
    writeFileSync(join(directory, "pin.json"), JSON.stringify(pin));
    return { directory, manifestDigest: (await readPin(directory)).manifestDigest };
  }

  async function installed(name: string, contextLength?: number): Promise<Digest> {
    const { directory, manifestDigest } = await pinNamed(name, contextLength);
    await store.approve({
      format: "proofline/approved-model/v1",
      name,
      manifestDigest,
      source: { kind: "folder" },
      directory,
      signature: { kind: "absent" },
    });
    return manifestDigest;
  }

  async function counting(repository: RepositoryIdentity | null, own: string | null = null) {
    const { policy, pins, problems } = await lookAround(
      home,
      { store, embedded: EMBEDDED_MODEL, own },
      repository,
    );
    expect([...policy.models.installed.keys()].sort()).toEqual([...pins.keys()].sort());
    return { counts: [...policy.models.pinned.keys()].sort(), runs: [...pins.keys()].sort(), problems };
  }

  it("are the embedded one, and not what is only installed; all of them can be run", async () => {
    const tiny = await installed("tiny");
    for (const repository of [HERE, null]) {
      expect(await counting(repository)).toEqual({
        counts: [embedded],
        runs: [embedded, tiny].sort(),
        problems: [],
      });
    }
  });

  it("are those of models that came with an older Proofline, which need not be here any more", async () => {
    const { manifest } = await readPin(EMBEDDED_MODEL);
    const old = { name: manifest.name, manifestDigest: digestOf("11"), omsRoot: digestOf("22") };
    const places = { store, embedded: EMBEDDED_MODEL, own: null };
    const { policy, pins } = await lookAround(home, places, HERE, NO_RULES, [old]);
    expect(checkModelApproval(policy, old, null)).toBe("pinOnly");
    expect(checkModelApproval(policy, { ...old, omsRoot: digestOf("33") }, null)).toBe("misnamed");
    expect(checkModelApproval(policy, { ...old, manifestDigest: digestOf("44") }, null)).toBe("unapproved");
    expect([...pins.keys()]).toEqual([embedded]);
  });

  it("are those that were accepted for it, and not those of another or of none", async () => {
    const tiny = await installed("tiny");
    await store.accepted.accept(HERE, tiny);
    expect((await counting(HERE)).counts).toEqual([embedded, tiny].sort());
    expect((await counting(THERE)).counts).toEqual([embedded]);
    expect((await counting(null)).counts).toEqual([embedded]);
  });

  it("are the person's own everywhere", async () => {
    const { directory, manifestDigest } = await pinNamed("own");
    expect((await counting(THERE, directory)).counts).toEqual([embedded, manifestDigest].sort());
    expect((await counting(THERE)).counts).toEqual([embedded]);
  });

  it("are known by their digests: another model of an accepted name does not count", async () => {
    const tiny = await installed("tiny");
    await store.accepted.accept(HERE, tiny);
    const another = await installed("tiny", 256);
    const { counts, runs } = await counting(HERE);
    expect(runs).toContain(another);
    expect(counts).toEqual([embedded, tiny].sort());
  });

  it("are no longer those that were removed, even where they come back", async () => {
    const tiny = await installed("tiny");
    await store.accepted.accept(HERE, tiny);
    await store.remove({ manifestDigest: tiny, directory: "/elsewhere" });
    expect((await counting(HERE)).runs).toEqual([embedded]);
    expect(await installed("tiny")).toBe(tiny);
    expect((await counting(HERE)).counts).toEqual([embedded]);
  });

  it("are told of where a record of them is damaged", async () => {
    const tiny = await installed("tiny");
    await store.accepted.accept(HERE, tiny);
    const folder = join(home, "models", "accepted");
    const [repository = ""] = readdirSync(folder);
    const file = join(folder, repository, `${tiny}.json`);
    writeFileSync(file, "{");
    expect(await counting(HERE)).toMatchObject({
      counts: [embedded],
      problems: [expect.stringContaining("accepted again")],
    });
  });
});
