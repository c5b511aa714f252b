#!/usr/bin/env bash
# Every C++ file is laid out as .clang-format says. Skipped (77) without the version of the tool that the style is written for.
set -euo pipefail
cd "$1"
version=14
for tool in "clang-format-$version" clang-format; do
  "$tool" --version 2>/dev/null | grep "version $version\." >/dev/null && break
  tool=
done
[ -n "$tool" ] || { echo "no clang-format $version"; exit 77; }
find client common server tests tun -name '*.[ch]pp' -print0 | xargs -0 -n 40 "$tool" --dry-run --Werror ||
  { echo "run: $tool -i FILE"; exit 1; }
