import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { AcceptedModels } from "../../../server/src/models/store/acceptedModels";
import type { RepositoryIdentity } from "../../../server/src/platform/acceptedRecords";
import { digestOf } from "../../support/digests";
import { temporaryFolder } from "../../support/workspace";

const ONE = digestOf("1a");
const OTHER = digestOf("2b");
const ID = "a".repeat(32);
const HERE = { folder: "/work/here", id: ID, ids: [ID] };
const THERE = { ...HERE, folder: "/work/there" };

describe("the models that a person accepted", () => {
  let folder: string;
  let accepted: AcceptedModels;

  beforeEach(() => {
    folder = join(temporaryFolder("home"), "accepted");
    accepted = new AcceptedModels(folder);
  });

  const modelsOf = async (repository: RepositoryIdentity) =>
    [...(await accepted.of(repository)).models].sort();
  /** The files of records, as they lie on the disk. */
  const files = () =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json"))
      .map((name) => join(folder, name));

  it("are none before anything was said", async () => {
    expect(await accepted.of(HERE)).toEqual({ models: new Set(), problem: null });
    await accepted.reject(HERE, ONE);
    await accepted.forget(ONE);
  });

  it("count for the repository that they were accepted for, and for no other", async () => {
    await accepted.accept(HERE, ONE);
    await accepted.accept(THERE, OTHER);
    expect(await modelsOf(HERE)).toEqual([ONE]);
    expect(await modelsOf(THERE)).toEqual([OTHER]);
    expect(await modelsOf({ ...HERE, folder: "/work" })).toEqual([]);
  });

  it("are not inherited by another repository that lies there later, or by none", async () => {
    await accepted.accept(HERE, ONE);
    const later = { ...HERE, id: "b".repeat(32), ids: ["b".repeat(32)] };
    expect(await modelsOf(later)).toEqual([]);
    expect(await modelsOf({ ...HERE, ids: [] })).toEqual([]);
    expect(await modelsOf(HERE)).toEqual([ONE]);
    await accepted.accept(later, ONE);
    expect(await modelsOf(later)).toEqual([ONE]);
    expect(await modelsOf(HERE)).toEqual([]);
  });

  it("stay where the id of another branch came beside", async () => {
    await accepted.accept(HERE, ONE);
    expect(await modelsOf({ ...HERE, ids: ["0".repeat(32), ...HERE.ids] })).toEqual([ONE]);
  });

  it("are taken back for one repository, or for all", async () => {
    for (const repository of [HERE, THERE]) {
      await accepted.accept(repository, ONE);
      await accepted.accept(repository, OTHER);
    }
    await accepted.reject(HERE, ONE);
    expect(await modelsOf(HERE)).toEqual([OTHER]);
    expect(await modelsOf(THERE)).toEqual([ONE, OTHER]);
    await accepted.forget(OTHER);
    expect(await modelsOf(HERE)).toEqual([]);
    expect(await modelsOf(THERE)).toEqual([ONE]);
  });

  it("are all there when two windows accept at once", async () => {
    const digests = [...Array(20).keys()].map((index) => digestOf(`${index + 10}`));
    const [first, second] = [new AcceptedModels(folder), new AcceptedModels(folder)];
    await Promise.all(digests.map((digest, index) => (index % 2 ? first : second).accept(HERE, digest)));
    expect(await modelsOf(HERE)).toEqual([...digests].sort());
  });

  it.each([
    ["torn", (text: string) => text.slice(0, -10)],
    ["of a later version", (text: string) => text.replace("/v1", "/v2")],
    ["of another repository", (text: string) => text.replace(HERE.folder, THERE.folder)],
    ["of another model", (text: string) => text.replace(ONE, OTHER)],
    ["with more in it", (text: string) => text.replace("{", '{"all":true,')],
  ])("accept nothing where a record is %s, and say so; the others count", async (_, spoil) => {
    await accepted.accept(HERE, ONE);
    const [file = ""] = files();
    writeFileSync(file, spoil(readFileSync(file, "utf8")));
    await accepted.accept(HERE, digestOf("3c"));
    const { models, problem } = await accepted.of(HERE);
    expect([...models]).toEqual([digestOf("3c")]);
    expect(problem).toContain(file);
    await accepted.accept(HERE, ONE);
    expect(await accepted.of(HERE)).toMatchObject({ problem: null });
  });

  it("accept nothing where a folder stands in place of a record, or a file in place of their folder", async () => {
    await accepted.accept(HERE, ONE);
    const [file = ""] = files();
    mkdirSync(join(file, "..", `${OTHER}.json`));
    expect(await accepted.of(HERE)).toMatchObject({ problem: expect.stringContaining(OTHER) });
    const damaged = new AcceptedModels(file);
    expect((await damaged.of(HERE)).models).toEqual(new Set());
    expect((await damaged.of(HERE)).problem).toContain("ENOTDIR");
    await expect(damaged.accept(HERE, ONE)).rejects.toMatchObject({ code: "model.disk" });
  });

  it("are not counted without end", async () => {
    await accepted.accept(HERE, ONE);
    const [file = ""] = files();
    for (let index = 0; index < 1_000; index += 1) {
      writeFileSync(join(file, "..", `${index}.json`), "{}");
    }
    expect((await accepted.of(HERE)).problem).toContain("more than 1000");
  });
});
