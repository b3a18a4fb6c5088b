#!/bin/sh
# What the job of the GitLab template runs: finds what the pipeline is compared with, has it judged, and leaves the reports beside the
# code, as GitLab takes them from nowhere else.
#
#   PROOFLINE_WORK   a folder for Proofline's own files, outside the repository; the package is installed in it
#   PROOFLINE_BASE   a revision to compare with in place of the pipeline's
#
# What else it reads is what verify.sh reads, and GitLab's own variables.
set -eu
here=$(dirname "$0")
# shellcheck source=pipelines/base.sh
. "$here/base.sh"

# The reports, and the models that GitLab's cache brings, by their names in the template.
MODELS=.proofline-models
MARKDOWN=proofline.md
JUNIT=proofline-junit.xml

work=${PROOFLINE_WORK:?}
base=${PROOFLINE_BASE:-}
if [ -z "$base" ]; then
  case $CI_PIPELINE_SOURCE in
    merge_request_event)
      # Where the results are merged before they are tested, the target's own tip is the base.
      base=${CI_MERGE_REQUEST_TARGET_BRANCH_SHA:-${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}}
      has_commit "$base" || fail "this clone cannot have the base of the change. Set GIT_DEPTH to 0."
      ;;
    push)
      # GitLab does not say whether a push was forced. What it began at may be gone then.
      base=$(pushed_from "${CI_COMMIT_BEFORE_SHA:-}" true "${CI_COMMIT_BRANCH:-}" "${CI_DEFAULT_BRANCH:-}")
      ;;
    *) echo "$CI_PIPELINE_SOURCE has no base, so that everything is judged." ;;
  esac
fi

# None of it may count as part of the change, nor come from it.
[ -z "$(git ls-files -- "$MODELS" "$MARKDOWN" "$JUNIT")" ] ||
  fail "the repository itself holds $MODELS, $MARKDOWN or $JUNIT."
rm -f "$MARKDOWN" "$JUNIT"
mkdir -p "$work/home"
[ ! -L "$MODELS" ] || fail "$MODELS is a link."
if [ -d "$MODELS" ]; then
  mv "$MODELS" "$work/home/models"
  # Which models count is said by the pipeline, and by no cache.
  rm -rf "$work/home/models/accepted" "$work/home/models/choices"
fi

export PROOFLINE_BASE="$base" PROOFLINE_MARKDOWN="$work/$MARKDOWN" PROOFLINE_JUNIT="$work/$JUNIT"
export PROOFLINE_HOME="$work/home" PROOFLINE_CLI="$work/package/node_modules/proofline/dist/cli.js"
status=0
sh "$here/verify.sh" || status=$?

for report in "$MARKDOWN" "$JUNIT"; do
  [ ! -s "$work/$report" ] || mv "$work/$report" "$report"
done
[ ! -d "$work/home/models" ] || mv "$work/home/models" "$MODELS"
exit "$status"
