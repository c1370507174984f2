#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/fetch-qemu-backports.sh CACHE_DIR
#
# Leaves the newer QEMU that Debian offers for Debian 12 (suite bookworm-backports), for Arm's and RISC-V's boards, in
# CACHE_DIR/usr/bin, beside the one that is installed, which stays as it is. To run firmware on it:
#
#   PATH=CACHE_DIR/usr/bin:$PATH percuss emulate ...
#
# The packages come from the mirrors of the machine's own package sources, by way of a private apt configuration, and
# are what apt finds signed by the distribution. With a full cache nothing is asked of the network; remove CACHE_DIR
# for a newer release. Tries again when the network fails. Needs apt, awk, dpkg-deb, flock and sed, and for the
# libraries the installed qemu-system-arm; installs nothing; several calls at once wait for one another.
set -euo pipefail

fail() {
  printf 'fetch-qemu-backports: %s\n' "$@" >&2
  exit 1
}

# shellcheck source=scripts/private-apt.sh
. "$(dirname "$(readlink -f "$0")")/private-apt.sh"

[ $# -eq 1 ] || fail "usage: fetch-qemu-backports.sh CACHE_DIR"
for tool in apt-get awk dpkg-deb flock sed sha256sum; do
  command -v $tool >/dev/null || fail "the program '$tool' is missing; scripts/install-deps.sh installs it"
done
mkdir -p "$1" || fail "the cache folder '$1' cannot be made"
cache=$(readlink -f "$1")
suite=bookworm
packages=(qemu-system-arm qemu-system-riscv qemu-system-common)
tries=4

exec 9>"$cache/lock"
flock 9

stamp=$(sha256sum <"$0")
if [ "$(cat "$cache/complete" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

# The machine's own entries for the release, asked for its backports instead.
backports_lines() {
  sed -nE "s/^[[:space:]]*deb([[:space:]]+\[[^]]*\])?[[:space:]]+([^[:space:]]+)[[:space:]]+${suite}[[:space:]].*/\
deb\1 \2 $suite-backports main/p"
}

backports_stanzas() {
  awk -v suite="$suite" 'BEGIN { RS = ""; ORS = "\n\n" }
    $0 ~ "(^|\n)Suites:([^\n]*[ \t])?" suite "([ \t\n]|$)" && /(^|\n)Types:[^\n]*deb([ \t\n]|$)/ {
      gsub(/(^|\n)#[^\n]*/, "")
      sub(/Types:[^\n]*/, "Types: deb")
      sub(/Suites:[^\n]*/, "Suites: " suite "-backports")
      sub(/Components:[^\n]*/, "Components: main")
      print
    }'
}

# apt has checked what it leaves here against the signed lists.
download() {
  rm -rf "${cache:?}/download"
  mkdir "$cache/download"
  private_apt -o APT::Update::Error-Mode=any update && cd "$cache/download" && private_apt download "${packages[@]}"
}

make_private_sources backports_lines backports_stanzas ||
  fail "this machine has no package source in /etc/apt for the suite $suite, Debian 12:" \
    "there is no mirror to ask for $suite-backports"
for ((try = 1; ; try++)); do
  printf 'fetch-qemu-backports: fetching %s from %s-backports\n' "${packages[*]}" "$suite"
  if (download) >"$cache/apt.log" 2>&1; then break; fi
  tail -n 5 "$cache/apt.log" >&2
  ((try < tries)) ||
    fail "the packages cannot be fetched from $suite-backports of this machine's mirrors, in $tries tries." \
      "Without a network: fill $cache where there is one, and copy it here. The log: $cache/apt.log"
  sleep $((try * 5))
done

rm -rf "${cache:?}/usr"
for file in "$cache"/download/*.deb; do
  dpkg-deb -x "$file" "$cache"
done
for program in qemu-system-arm qemu-system-riscv32; do
  says=$("$cache/usr/bin/$program" --version 2>&1 | head -n 1) || true
  [[ $says =~ ^QEMU\ emulator\ version\ [1-9] ]] ||
    fail "$cache/usr/bin/$program does not run here:" "  $says" "scripts/install-deps.sh installs its libraries"
  printf 'fetch-qemu-backports: %s\n' "$says"
done
rm -rf "$cache/apt" "$cache/download"
printf '%s\n' "$stamp" >"$cache/complete"
