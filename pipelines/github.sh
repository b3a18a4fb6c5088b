#!/bin/sh
# What the action runs: finds what the event is compared with, has it judged, and leaves the summary and the outputs. No text of the
# event becomes code: it is read from the event's file, and only commits' ids and branches' names are taken.
#
#   PROOFLINE_WORK            a folder for Proofline's own files, outside the repository; the package is installed in it
#   PROOFLINE_BASE            a revision to compare with in place of the event's
#   PROOFLINE_WRITE_SARIF     true: leaves a report for code scanning
#
# What else it reads is what verify.sh reads, and GitHub's own variables.
set -eu
here=$(dirname "$0")
# shellcheck source=pipelines/base.sh
. "$here/base.sh"

# A member of the event, by the names on the way to it; nothing where it is not there.
field() {
  node -e '
    const [file, ...way] = process.argv.slice(1);
    const event = JSON.parse(require("node:fs").readFileSync(file, "utf8"));
    process.stdout.write(String(way.reduce((value, name) => value?.[name], event) ?? ""));
  ' "$GITHUB_EVENT_PATH" "$@" || fail "the event cannot be read."
}

work=${PROOFLINE_WORK:?}
base=${PROOFLINE_BASE:-}
if [ -z "$base" ]; then
  case $GITHUB_EVENT_NAME in
    pull_request | merge_group)
      if [ "$GITHUB_EVENT_NAME" = pull_request ]; then
        base=$(field pull_request base sha)
      else
        base=$(field merge_group base_sha)
      fi
      has_commit "$base" || fail "this clone cannot have the base of the change. Check out with its whole history."
      ;;
    push)
      if [ "$(field deleted)" = true ]; then
        echo "The branch is gone, and with it all that could be judged."
        exit 0
      fi
      branch=${GITHUB_REF#refs/heads/}
      before=$(field before)
      forced=$(field forced)
      default=$(field repository default_branch)
      base=$(pushed_from "$before" "$forced" "$branch" "$default")
      ;;
    pull_request_target | workflow_run | issue_comment)
      # What is checked out is not what was proposed, or runs beside secrets: a verdict would be about something else.
      fail "$GITHUB_EVENT_NAME is no event of the change itself. Use pull_request, which needs no secrets."
      ;;
    *) echo "$GITHUB_EVENT_NAME has no base, so that everything is judged." ;;
  esac
fi

mkdir -p "$work"
# Which models count is said by this call, and by no cache.
rm -rf "$work/home/models/accepted" "$work/home/models/choices"
sarif=
if [ "${PROOFLINE_WRITE_SARIF:-false}" = true ]; then
  sarif=$work/proofline.sarif
fi
summary=$work/summary.md
rm -f "$summary" "$work/proofline.sarif"
export PROOFLINE_BASE="$base" PROOFLINE_MARKDOWN="$summary" PROOFLINE_SARIF="$sarif"
export PROOFLINE_HOME="$work/home" PROOFLINE_CLI="$work/package/node_modules/proofline/dist/cli.js"

# Names of files are printed, too, and must not speak to the runner.
token=$(node -p 'crypto.randomUUID()')
echo "::stop-commands::$token"
status=0
sh "$here/verify.sh" || status=$?
echo "::$token::"

case $status in
  0) result=good ;;
  1) result=bad ;;
  *) result=undecided ;;
esac
if [ -s "$summary" ]; then
  cat "$summary" >>"$GITHUB_STEP_SUMMARY"
else
  echo "## Proofline: it could not be judged; the log says why" >>"$GITHUB_STEP_SUMMARY"
fi
{
  echo "result=$result"
  if [ -n "$sarif" ] && [ -s "$sarif" ]; then
    echo "sarif=$sarif"
  fi
} >>"$GITHUB_OUTPUT"
exit "$status"
