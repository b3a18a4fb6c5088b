#!/bin/sh
# Judges what a change has to answer for, and writes what there is to read about it. Ends as `proofline ci` does: 0 where all
# holds, 1 where something does not, 2 where it could not be judged.
#
#   PROOFLINE_CLI              the installed command line, dist/cli.js
#   PROOFLINE_BASE             the revision to compare with; empty where everything is to be judged
#   PROOFLINE_REPLAY           false: no model is loaded
#   PROOFLINE_ALLOW_ANCHORED   true: what nobody has replayed is good enough
#   PROOFLINE_MODELS           manifest digests of models that count beside the embedded one, with spaces between them
#   PROOFLINE_KEY              the key that pays for anchors of what is on no chain yet; empty where nothing is anchored
#   PROOFLINE_VERIFIER_KEY     the key that signs what was replayed; empty where nothing is signed
#   PROOFLINE_MARKDOWN, PROOFLINE_SARIF, PROOFLINE_JUNIT   files to write; empty for none
#
# and the chain as the command line reads it: PROOFLINE_CHAIN_ID, PROOFLINE_RPC_URLS, PROOFLINE_CONTRACT.
set -eu

fail() {
  echo "Proofline did not judge: $1" >&2
  exit 2
}

is_on() {
  case $2 in
    true) return 0 ;;
    false) return 1 ;;
    *) fail "$1 is neither true nor false." ;;
  esac
}

cli=${PROOFLINE_CLI:?}
base=${PROOFLINE_BASE:-}

# Whoever has no RPC server, such as a fork without its secrets, gets the verdict without a chain.
if [ -z "${PROOFLINE_RPC_URLS:-}" ]; then
  [ -z "${PROOFLINE_CHAIN_ID:-}" ] || echo "No RPC server is named, so that nobody is asked about anchors."
  unset PROOFLINE_CHAIN_ID PROOFLINE_RPC_URLS PROOFLINE_CONTRACT
fi
[ -n "${PROOFLINE_ENCLAVE_RPC_URLS:-}" ] || unset PROOFLINE_ENCLAVE_RPC_URLS

set --
if [ -n "$base" ]; then
  set -- "$@" "--base=$base"
fi
if ! is_on replay "${PROOFLINE_REPLAY:-true}"; then
  set -- "$@" --no-replay
fi
if is_on allow-anchored "${PROOFLINE_ALLOW_ANCHORED:-false}"; then
  set -- "$@" --allow-anchored
fi

# Digests are hex, so that splitting them at spaces is all that the shell makes of them.
set -f
for digest in ${PROOFLINE_MODELS:-}; do
  case $digest in
    *[!0-9a-f]*) fail "a model is named by its manifest digest, in hex digits." ;;
  esac
  set -- "$@" "--fetch-model=$digest"
done
set +f

[ -z "${PROOFLINE_KEY:-}" ] || set -- "$@" --anchor
[ -z "${PROOFLINE_MARKDOWN:-}" ] || set -- "$@" "--markdown=$PROOFLINE_MARKDOWN"
[ -z "${PROOFLINE_SARIF:-}" ] || set -- "$@" "--sarif=$PROOFLINE_SARIF"
[ -z "${PROOFLINE_JUNIT:-}" ] || set -- "$@" "--junit=$PROOFLINE_JUNIT"
exec node "$cli" ci "$@"
