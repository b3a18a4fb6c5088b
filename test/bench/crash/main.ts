/** `npm run crash [rounds]`: kills of the local chain's host and its clients at random instants, and what was lost. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crashRounds } from "../../support/crash";
import { removeFolder } from "../../support/removeFolder";

const rounds = Number(process.argv[2] ?? 300);
const folder = await mkdtemp(join(tmpdir(), "proofline-crash-bundle-"));
try {
  const outcome = await crashRounds({ rounds, clients: 2, folder, report: (line) => console.log(line) });
  const { kills, confirmed, lost, recoveries, leftBehind } = outcome;
  console.log(`kills           ${kills.host} of the host, ${kills.client} of a client`);
  console.log(`confirmed       ${confirmed} anchors`);
  console.log(`lost            ${lost}`);
  console.log(`cut off         ${recoveries} unfinished blocks`);
  console.log(`left behind     ${leftBehind} processes`);
  process.exitCode = lost === 0 && leftBehind === 0 ? 0 : 1;
} finally {
  removeFolder(folder);
}
