/** What a rebuild needs, checked before anything is started. */

import { spawnSync } from "node:child_process";
import fs from "node:fs";

/** Packages, corpus, rows and checkpoints together. */
const DISK_BYTES = 6e9;
const NODE_MAJOR = 20;
const PYTHON_MODULES = ["torch", "numpy", "onnx"];

/** The Python to use: PROOFLINE_PYTHON, or python3. */
export const PYTHON = process.env.PROOFLINE_PYTHON ?? "python3";

/**
 * @param {string} cache
 * @param {'cpu' | 'gpu'} budget
 * @returns {string[]} one sentence with its remedy for everything that is missing
 */
export function missingRequirements(cache, budget) {
  const missing = [];
  if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR) {
    missing.push(`Node ${process.versions.node} is too old: install Node ${NODE_MAJOR} or newer.`);
  }
  const probe = spawnSync(PYTHON, ["-c", PROBE], { encoding: "utf8" });
  if (probe.status !== 0) {
    missing.push(`${PYTHON} cannot be run: install Python 3.10 or newer, or set PROOFLINE_PYTHON.`);
  } else {
    const found = JSON.parse(probe.stdout);
    for (const name of PYTHON_MODULES.filter((each) => !found.modules.includes(each))) {
      missing.push(`${PYTHON} has no module ${name}: run ${PYTHON} -m pip install torch numpy onnx.`);
    }
    if (budget === "gpu" && !found.cuda) {
      missing.push("PyTorch sees no CUDA device: use --budget cpu, or install a PyTorch build for your GPU.");
    }
  }
  const npm = spawnSync("npm", ["--version"]);
  if (npm.status !== 0) {
    missing.push("npm cannot be run: it comes with Node, check the PATH.");
  }
  fs.mkdirSync(cache, { recursive: true });
  const disk = fs.statfsSync(cache);
  if (disk.bavail * disk.bsize < DISK_BYTES) {
    missing.push(`${cache} has less than ${DISK_BYTES / 1e9} GB free: make room, or choose another --cache.`);
  }
  return missing;
}

const PROBE = `
import importlib.util, json
names = [name for name in ${JSON.stringify(PYTHON_MODULES)} if importlib.util.find_spec(name)]
cuda = False
if "torch" in names:
    import torch
    cuda = torch.cuda.is_available()
print(json.dumps({"modules": names, "cuda": cuda}))
`;
