#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/test.sh
#
# Everything that must hold before a change is good, in stages: install what is missing, layout and rules of the tree,
# build and all tests (with real engines), our own code by Clang 14 under ASan and UBSan, clang-tidy. Stops at the
# first stage that fails and names it. The last line sums up the tests of all ctest runs, or names the stage that
# failed. Under an hour on two cores.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
# A clone in another folder takes the same objects of our own code from ccache.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
# What it asks for to keep objects that were compiled with precompiled headers.
export CCACHE_SLOPPINESS=pch_defines,time_macros

jobs=$(nproc)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0
failed=0

stage() {
  local name=$1 started=$SECONDS status
  shift
  printf '\n=== %s\n' "$name"
  "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  count_tests
  if [ "$status" -ne 0 ]; then
    printf '\n%d passed, %d failed until then\n' "$passed" "$failed"
    printf '=== %s FAILED after %d s (exit %d): %s\n' "$name" $((SECONDS - started)) "$status" "$*"
    exit 1
  fi
  printf '=== %s: ok, %d s\n' "$name" $((SECONDS - started))
}

# ctest ends with "98% tests passed, 2 tests failed out of 123".
count_tests() {
  local bad all
  read -r bad all < <(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1 \2/p' "$log") ||
    return 0
  failed=$((failed + bad))
  passed=$((passed + all - bad))
}

build() {
  cmake --preset "$1" && cmake --build --preset "$1" -j "$jobs"
}

run_tests() {
  ctest --preset "$1" -j "$jobs" --no-tests=error
}

stage "install" scripts/install-deps.sh all
stage "layout (clang-format)" scripts/format.sh --check
stage "rules of the tree" python3 -B tests/tidy/check_tree.py .
stage "build default" build default
stage "build firmware" cmake --build --preset default -j "$jobs" --target firmware
stage "test default" run_tests default
stage "build asan" build asan
stage "test asan" run_tests asan
stage "clang-tidy" cmake --build --preset tidy
printf '\n=== all stages ok, %d s\n%d passed, %d failed\n' "$SECONDS" "$passed" "$failed"
