#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/format.sh [--check]
#
# Lays out our C and C++ files as .clang-format says; with --check it changes nothing and fails where one differs.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

mode=(-i)
case "${1:-}" in
  "") ;;
  --check) mode=(--dry-run --Werror) ;;
  *)
    echo "usage: scripts/format.sh [--check]" >&2
    exit 64
    ;;
esac
command -v clang-format-14 >/dev/null || {
  echo "format: clang-format-14 is missing; scripts/install-deps.sh installs it" >&2
  exit 1
}
# What git tracks, and what is new and not ignored; without git, all files but the build's.
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  list=(git ls-files -z --cached --others --exclude-standard -- '*.h' '*.c' '*.cc')
else
  list=(find . \( -path ./build -o -path ./out \) -prune -o -type f
    \( -name '*.h' -o -name '*.c' -o -name '*.cc' \) -print0)
fi
"${list[@]}" | xargs -0 --no-run-if-empty clang-format-14 "${mode[@]}" --
