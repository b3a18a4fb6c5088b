import { type ChildProcess, spawn } from "node:child_process";

/** The processes whose command line names `text`. */
export async function processesNaming(text: string): Promise<number[]> {
  const ps: ChildProcess = spawn("ps", ["-A", "-ww", "-o", "pid=,args="], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  ps.stdout?.setEncoding("utf8").on("data", (data: string) => {
    output += data;
  });
  await new Promise((resolve) => ps.once("close", resolve));
  return output
    .split("\n")
    .filter((line) => line.includes(text))
    .map((line) => Number.parseInt(line, 10));
}
