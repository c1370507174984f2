#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# measure-crash-flood.sh LIBFUZZER_BINARY SEED_DIR DICTIONARY [SECONDS]
#
# What shallow crashes cost a campaign: libFuzzer, started anew after each crash, against the same with
# PERCUSS_ISOLATE=1. Prints inputs run (each once, however often a copy repeated it), cpu time and
# crashes saved of each. All files go to a temporary
# folder and are removed: what crashes a current release stays on this machine.
set -euo pipefail

[ $# -ge 3 ] || { echo "usage: measure-crash-flood.sh LIBFUZZER_BINARY SEED_DIR DICTIONARY [SECONDS]" >&2; exit 1; }
binary=$(readlink -f "$1")
seeds=$(readlink -f "$2")
dictionary=$(readlink -f "$3")
seconds=${4:-60}
[ -x "$binary" ] || { echo "$1: not a program" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Processor time of all that has ended below this shell, in milliseconds. `times` must not run in a subshell.
cpu_ms() {
  times >"$work/times"
  sed -nE '2s/([0-9]+)m([0-9]+)\.([0-9]{3})s ([0-9]+)m([0-9]+)\.([0-9]{3})s/\1 \2 \3 \4 \5 \6/p' "$work/times" |
    awk '{ print ($1 + $4) * 60000 + ($2 + $5) * 1000 + $3 + $6 }' >"$work/cpu_ms"
  cpu=$(<"$work/cpu_ms")
}

# Starts the fuzzer again and again for the given time. All settings are the same but the environment given.
measure() {
  local label=$1 start=$SECONDS round=0 runs=0 last left before cpu folder=$work/$1
  mkdir -p "$folder/corpus"
  cd "$folder"
  cpu_ms
  before=$cpu
  while left=$((seconds - (SECONDS - start))) && [ $left -gt 0 ]; do
    round=$((round + 1))
    env "${@:2}" timeout -k 2 $((left + 2)) "$binary" -seed=$round -timeout=2 -print_final_stats=1 \
      -max_total_time=$left "-dict=$dictionary" corpus "$seeds" >log 2>&1 || true
    last=$(grep -a 'number_of_executed_units' log | awk '{print $2}' | sort -n | tail -n 1)
    runs=$((runs + ${last:-0}))
  done
  cpu_ms
  cpu=$((cpu - before))
  printf '%-22s inputs %8d  cpu %6d ms  per cpu second %6d  starts %4d  saved crashes %4d  in corpus %4d\n' "$label" \
    "$runs" "$cpu" $((runs * 1000 / (cpu + 1))) "$round" \
    "$(find . -maxdepth 1 -name 'crash-*' | wc -l)" "$(find corpus -type f | wc -l)"
}

measure restart
measure restart_no_symbols ASAN_OPTIONS=symbolize=0
measure isolate PERCUSS_ISOLATE=1 ASAN_OPTIONS=symbolize=0
