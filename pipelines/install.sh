#!/bin/sh
# Installs Proofline's package into a folder of its own, so that nothing which a repository says to npm counts.
#
#   install.sh FOLDER
#
#   PROOFLINE_PACKAGE   a tarball in a file, at an https address, or of npm's registry as proofline@VERSION
#   PROOFLINE_SHA256    the SHA-256 that the tarball has to have, in 64 hex digits; empty for any
set -eu

fail() {
  echo "Proofline was not installed: $1" >&2
  exit 2
}

folder=${1:?name a folder}
package=${PROOFLINE_PACKAGE:-}
wanted=${PROOFLINE_SHA256:-}

for program in node npm; do
  command -v "$program" >/dev/null || fail "it needs Node 20.19 or newer, with npm."
done
node -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);
' || fail "it needs Node 20.19 or newer, and this is $(node --version)."

# Each of them is one exact thing: a range, a tag or a git address could be another tomorrow.
case $package in
  "") fail "no package is named." ;;
  https://*.tgz) ;;
  proofline@*[!0-9A-Za-z.+-]*) fail "a version is a whole one." ;;
  proofline@[0-9]*.[0-9]*.[0-9]*) ;;
  *.tgz) [ -f "$package" ] || fail "the file of the package is not there." ;;
  *) fail "a package is a file or an https address that ends in .tgz, or proofline@ with a whole version." ;;
esac

mkdir -p "$folder"
tarball=$folder/proofline.tgz
# Not from the repository's folder: its .npmrc could name another registry.
case $package in
  https://* | proofline@*)
    rm -f "$folder"/*.tgz
    (cd "$folder" && npm pack --silent --ignore-scripts "$package" >/dev/null) ||
      fail "npm cannot get the package."
    mv "$folder"/*.tgz "$tarball"
    ;;
  *) cp "$package" "$tarball" ;;
esac

# Of the copy, which nobody changes any more.
if [ -n "$wanted" ]; then
  found=$(node -e '
    const { createHash } = require("node:crypto");
    const { readFileSync } = require("node:fs");
    process.stdout.write(createHash("sha256").update(readFileSync(process.argv[1])).digest("hex"));
  ' "$tarball")
  [ "$found" = "$wanted" ] || fail "its SHA-256 is $found, which is not the one that was asked for."
fi

echo '{ "private": true }' >"$folder/package.json"
# The packages hold all that runs. Their install scripts would download libraries for GPUs besides.
(cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error ./proofline.tgz) ||
  fail "npm cannot install it."
[ -f "$folder/node_modules/proofline/dist/cli.js" ] || fail "the package is not Proofline's command line."
