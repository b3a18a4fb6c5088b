// Loaded into every Node that runs under Wine: what Wine 8 lacks and Node, or a test, cannot do without.
"use strict";
const childProcess = require("node:child_process");
const { syncBuiltinESMExports } = require("node:module");
const { Socket } = require("node:net");
const { join } = require("node:path");
const { promisify } = require("node:util");

// Wine knows no TCP_KEEPIDLE, and Node gives a connection up that was to be kept alive before it was open.
Socket.prototype.setKeepAlive = function setKeepAlive() {
  return this;
};

// npm has no git for Windows and Wine no list of processes with command lines. Those of Linux cannot be started from
// here: Wine gives Node no handle to them.
const ELSEWHERE = new Set(["git", "ps"]);
const STAND_IN = join(__dirname, "standIn.cjs");

for (const name of /** @type {const} */ (["spawn", "spawnSync", "execFile", "execFileSync"])) {
  const original = childProcess[name];
  /** @type {(...call: any[]) => any} */
  const wrapped = (...call) => Reflect.apply(original, childProcess, onWine(call));
  const promised = Reflect.get(original, promisify.custom);
  if (promised !== undefined) {
    Reflect.set(wrapped, promisify.custom, (/** @type {any[]} */ ...call) => promised(...onWine(call)));
  }
  Reflect.set(childProcess, name, wrapped);
}
syncBuiltinESMExports();

/** The same call with the stand-in for what is not there, and with this file in each Node that it starts. */
function onWine(/** @type {any[]} */ [command, ...rest]) {
  const parameters = Array.isArray(rest[0]) ? rest.shift() : [];
  const { env, ...options } = typeof rest[0] === "object" && rest[0] !== null ? rest.shift() : {};
  const isElsewhere = ELSEWHERE.has(command);
  const surely = { ...env, NODE_OPTIONS: env?.NODE_OPTIONS || process.env.NODE_OPTIONS };
  return [
    isElsewhere ? process.execPath : command,
    isElsewhere ? [STAND_IN, command, ...parameters] : parameters,
    env === undefined ? options : { ...options, env: surely },
    ...rest,
  ];
}
