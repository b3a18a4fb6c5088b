/** Holds this process, with all that it starts, to half of one core: what a laptop gives an editor while it builds something. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const CGROUPS = "/sys/fs/cgroup";

/** Short, so that it is a slow core and not one that stops. In microseconds. */
const PERIOD = 10_000;
const QUOTA = PERIOD / 2;

/**
 * Moves this process into a control group of its own, which ends with it.
 *
 * @throws Error where the system has no control groups, or this user may not make one
 */
export function takeHalfACore(): void {
  const name = `proofline-bench-${process.pid}`;
  const isUnified = existsSync(join(CGROUPS, "cgroup.controllers"));
  const parent = isUnified ? CGROUPS : join(CGROUPS, "cpu");
  const group = join(parent, name);
  try {
    mkdirSync(group);
    if (isUnified) {
      writeFileSync(join(group, "cpu.max"), `${QUOTA} ${PERIOD}`);
    } else {
      writeFileSync(join(group, "cpu.cfs_period_us"), `${PERIOD}`);
      writeFileSync(join(group, "cpu.cfs_quota_us"), `${QUOTA}`);
    }
    writeFileSync(join(group, "cgroup.procs"), `${process.pid}`);
  } catch (error) {
    throw new Error("Half a core needs Linux and the right to make a control group (as root).", {
      cause: error,
    });
  }
  process.on("exit", () => {
    writeFileSync(join(parent, "cgroup.procs"), `${process.pid}`);
    try {
      rmdirSync(group);
    } catch {
      // A process that was started here has not ended yet; an empty group does no harm.
    }
  });
}
