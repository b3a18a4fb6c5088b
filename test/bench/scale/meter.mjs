// Loaded before a program of Proofline (`node --import`): tells what the process cost, and how long its main thread was away
// from its event loop. Linux only: the kernel counts the time of each thread.
import { appendFileSync, readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const target = process.env.PROOFLINE_BENCH_METER;

if (isMainThread && target !== undefined) {
  const ownMilliseconds = () => {
    const [nanoseconds = "0"] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
    return Number(nanoseconds) / 1e6;
  };
  let before = ownMilliseconds();
  let longest = 0;
  const look = () => {
    const now = ownMilliseconds();
    longest = Math.max(longest, now - before);
    before = now;
  };
  setInterval(look, 1).unref();
  const tell = () => {
    look();
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const told = {
      cpuMilliseconds: (userCPUTime + systemCPUTime) / 1000,
      peakBytes: maxRSS * 1024,
      residentBytes: process.memoryUsage.rss(),
      pauseMilliseconds: longest,
    };
    longest = 0;
    appendFileSync(target, `${JSON.stringify(told)}\n`);
  };
  process.on("exit", tell);
  process.on("SIGUSR2", tell);
}
