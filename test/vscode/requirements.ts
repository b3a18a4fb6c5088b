/** What the workbench tests need and only an administrator can install. */
import { execFileSync } from "node:child_process";
import { findBrowser } from "./browser";
import { findCodeServer } from "./codeServer";

export interface Missing {
  /** What is missing, for people. */
  readonly what: readonly string[];
  /** The exact line to type. */
  readonly remedy: string;
}

/** `null` when everything is there. Looks only; takes well under a second. */
export function missingForWorkbench(): Missing | null {
  const missing = [
    ...(findBrowser() === null ? [{ what: "a Chromium browser", debian: "chromium" }] : []),
    // Only building code-server needs a compiler; an installation in the cache needs nothing more.
    ...(findCodeServer() === null ? BUILD.filter(({ present }) => !present()) : []),
  ];
  return missing.length === 0
    ? null
    : {
        what: missing.map(({ what }) => what),
        remedy: `sudo apt-get install -y ${missing.map(({ debian }) => debian).join(" ")}`,
      };
}

const BUILD = [
  { what: "a C++ compiler", debian: "g++", present: () => runs("g++", "--version") },
  { what: "make", debian: "make", present: () => runs("make", "--version") },
  { what: "Python 3", debian: "python3", present: () => runs("python3", "--version") },
  { what: "pkg-config", debian: "pkg-config", present: () => runs("pkg-config", "--version") },
  {
    what: "the Kerberos headers",
    debian: "libkrb5-dev",
    present: () => runs("krb5-config", "--version") || runs("pkg-config", "--exists", "krb5-gssapi"),
  },
];

function runs(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
