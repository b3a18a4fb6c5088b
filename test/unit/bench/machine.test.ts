import { describe, expect, it } from "vitest";
import { describeMachine, unitsIn } from "../../bench/machine";

describe("the machine of a bench", () => {
  it.each([
    [
      "processor\t: 0\nflags\t\t: fpu sse4_2 avx2 avx512f avx512_vnni amx_tile amx_int8\n",
      ["AVX2", "AVX-512", "VNNI", "AMX"],
    ],
    ["flags : fpu sse4_2 avx2 avx_vnni\n", ["AVX2", "VNNI"]],
    ["Features\t: fp asimd asimddp i8mm\n", ["NEON", "dot products", "8-bit matrices"]],
    ["flags : fpu sse2\n", []],
    ["", null],
    [null, null],
  ])("has the units that it says", (cpuinfo, expected) => {
    expect(unitsIn(cpuinfo)).toEqual(expected);
  });

  it("is told in one line, also where the system says little", () => {
    const known = { processor: "X", processors: 2, memory: 25e9, node: "v1" };
    expect(describeMachine({ ...known, units: ["AVX2"] })).toBe("2 × X (AVX2), 25 GB, Node v1");
    expect(describeMachine({ ...known, units: null })).toBe("2 × X (units unknown), 25 GB, Node v1");
    expect(describeMachine({ ...known, units: [] })).toBe("2 × X (no vector units), 25 GB, Node v1");
  });
});
