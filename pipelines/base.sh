# shellcheck shell=sh
# What the scripts for each host share: the commit that a change is compared with. Read by them, and run by nobody.

fail() {
  echo "Proofline did not judge: $1" >&2
  exit 2
}

# Whether a text is a commit's whole id.
is_commit() {
  case $1 in
    "" | *[!0-9a-f]*) return 1 ;;
  esac
  [ ${#1} -eq 40 ] || [ ${#1} -eq 64 ]
}

# Whether hosts mean no commit by it.
is_nothing() {
  case $1 in
    *[!0]*) return 1 ;;
  esac
}

# Whether this clone holds a commit, or can have it. One that is shallow stays so.
has_commit() {
  is_commit "$1" || return 1
  git cat-file -e "$1^{commit}" 2>/dev/null && return
  if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
    git fetch --quiet --no-tags --no-recurse-submodules --depth=1 origin "$1" 2>/dev/null || return 1
  else
    git fetch --quiet --no-tags --no-recurse-submodules origin "$1" 2>/dev/null || return 1
  fi
  git cat-file -e "$1^{commit}" 2>/dev/null
}

# The tip of a branch of the remote; nothing where there is no such branch.
tip_of() {
  git check-ref-format "refs/heads/$1" || return 0
  if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
    set -- "$1" --depth=1
  fi
  name=$1
  shift
  git fetch --quiet --no-tags --no-recurse-submodules "$@" origin \
    "+refs/heads/$name:refs/remotes/origin/$name" 2>/dev/null || :
  git rev-parse --verify --quiet --end-of-options "refs/remotes/origin/$name^{commit}" || :
}

# What a push is compared with: what its branch was before. Where nobody knows that any more, or the branch is new, the tip of the
# default branch; nothing on that branch itself, and all is judged.
#
#   pushed_from BEFORE IS_FORCED BRANCH DEFAULT_BRANCH
pushed_from() {
  if ! is_nothing "$1"; then
    if has_commit "$1"; then
      echo "$1"
      return
    fi
    [ "$2" = true ] || fail "this clone cannot have $1, which the push began at. Check out with its whole history."
  fi
  if [ -n "$4" ] && [ "$3" != "$4" ]; then
    tip_of "$4"
  fi
}
