/**
 * `npm run crash [rounds] [rounds of programs] [seed]`: kills at random instants, first of the local chain's host and its
 * clients, then of the language server and the command line, and what was lost.
 */
import { randomInt } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crashRounds } from "../../support/crash";
import { programCrashRounds } from "../../support/programCrash";
import { removeFolder } from "../../support/removeFolder";

const [rounds = 300, programRounds = 60, seed = randomInt(2 ** 32)] = process.argv.slice(2).map(Number);
const report = (line: string): void => console.log(line);
const folder = await mkdtemp(join(tmpdir(), "proofline-crash-bundle-"));
try {
  if (rounds > 0) {
    const outcome = await crashRounds({ rounds, clients: 2, folder, report });
    const { kills, confirmed, lost, recoveries, leftBehind } = outcome;
    report(`kills           ${kills.host} of the host, ${kills.client} of a client`);
    report(`confirmed       ${confirmed} anchors`);
    report(`lost            ${lost}`);
    report(`cut off         ${recoveries} unfinished blocks`);
    report(`left behind     ${leftBehind} processes`);
    process.exitCode = lost === 0 && leftBehind === 0 ? 0 : 1;
  }
  if (programRounds > 0) {
    const outcome = await programCrashRounds({ rounds: programRounds, seed, report });
    const { kills, accepted, lost, doubled, broken, leftBehind } = outcome;
    report(`kills           ${kills.server} of the server, ${kills.command} of a command`);
    report(`accepted        ${accepted} suggestions`);
    report(`lost            ${lost.length} ${lost.join(" ")}`);
    report(`doubled         ${doubled.length} ${doubled.join(" ")}`);
    report(`half            ${broken.length} ${broken.join(" ")}`);
    report(`left behind     ${leftBehind} processes`);
    if (lost.length + doubled.length + broken.length + leftBehind > 0) {
      process.exitCode = 1;
    }
  }
} finally {
  removeFolder(folder);
}
