// Stands for `git` or `ps` under Wine: `run.mjs`, outside Wine, runs the real one and sends back what it said.
"use strict";
const { execFileSync } = require("node:child_process");
const { once } = require("node:events");
const { connect } = require("node:net");
const { buffer } = require("node:stream/consumers");

async function main() {
  const [program, ...parameters] = process.argv.slice(2);
  // Numbers of processes mean something only within Wine, and command lines can be had only outside.
  if (program === "ps" && parameters.includes("pid=,ppid=")) {
    return listParents();
  }
  // Only what reads its input to the end: for anything else nobody may ever close it.
  const input = parameters.includes("--stdin") ? await buffer(process.stdin) : Buffer.alloc(0);
  const [port, secret] = (process.env.PROOFLINE_WINE ?? "").split(" ");
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  const variables = Object.entries(process.env).filter(([name]) => name.startsWith("GIT_"));
  const question = {
    secret,
    program,
    parameters,
    folder: process.cwd(),
    variables: Object.fromEntries(variables),
    input: input.toString("base64"),
  };
  socket.write(`${JSON.stringify(question)}\n`);
  const { status, output, errors } = JSON.parse((await buffer(socket)).toString("utf8"));
  process.stdout.write(Buffer.from(output, "base64"));
  process.stderr.write(Buffer.from(errors, "base64"));
  process.exitCode = status;
}

/** What `ps -A -o pid=,ppid=` says. */
function listParents() {
  const table = execFileSync("wmic.exe", ["process", "get", "ParentProcessId,ProcessId"]).toString("utf16le");
  for (const [, parent, own] of table.matchAll(/^\s*(\d+)\s+(\d+)\s*$/gm)) {
    console.log(own, parent);
  }
}

void main();
