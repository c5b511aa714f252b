#!/usr/bin/env bash
# What the shell offers, as if somebody pressed the tabulator: completion_test.sh SOURCE_ROOT SALLYPORTCTL SALLYPORT
set -euo pipefail
# shellcheck disable=SC1091
. "$1/packaging/completion/sallyport.bash"
failed=0

# offers WORDS... -- EXPECTED...: what may stand in the place of the last of WORDS.
offers() {
  COMP_WORDS=()
  while [ "$1" != -- ]; do COMP_WORDS+=("$1"); shift; done
  shift
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _sallyport
  local found=" ${COMPREPLY[*]} " expected
  for expected; do
    case "$found" in *" $expected "*) ;; *) echo "FAIL ${COMP_WORDS[*]}: no $expected in:$found"; failed=1 ;; esac
  done
}
# offers_only WORDS... -- EXPECTED: nothing else.
offers_only() {
  offers "$@"
  [ "${#COMPREPLY[@]}" = 1 ] || { echo "FAIL ${COMP_WORDS[*]}: ${COMPREPLY[*]}"; failed=1; }
}

ctl=$2 client=$3
offers "$ctl" '' -- status devices policy ca
offers_only "$ctl" dev -- devices
offers "$ctl" devices '' -- enroll list revoke
offers_only "$ctl" --json devices rev -- revoke
offers "$ctl" --config /x users totp '' -- enroll reset
offers "$ctl" devices enroll --u -- --user
offers "$ctl" devices enroll --j -- --json
offers "$ctl" --color a -- auto always
offers "$client" '' -- up down status why enroll
offers "$client" enroll '' -- request install
offers_only "$client" enroll --pin-s -- --pin-stdin
[ "$failed" = 0 ] && echo "completion offers what --help lists"
exit "$failed"
