#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/install-deps.sh [build|all]
#
# Installs those packages of scripts/packages.txt that this machine lacks: the build group, or all (the default) with
# what the tests need. Where all are there it changes nothing, needs no rights and asks nothing of the network.
# Needs Debian 12 with its own package sources; uses sudo when not called by root.
set -euo pipefail

fail() {
  printf 'install-deps: %s\n' "$@" >&2
  exit 1
}

group=${1:-all}
[[ $# -le 1 && $group =~ ^(build|all)$ ]] || fail "usage: scripts/install-deps.sh [build|all]"
list=$(dirname "$(readlink -f "$0")")/packages.txt
[ -r "$list" ] || fail "$list cannot be read; it names the packages"
mapfile -t wanted < <(awk -v group="$group" \
  '!/^(#|$)/ && ($1 == "build" || group == "all") { print $2 }' "$list")

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "this is not a Debian system (there is no dpkg-query or apt-get)." \
    "percuss is built on Debian 12; elsewhere install what corresponds to these packages:" "  ${wanted[*]}"
fi

installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
  sed -n 's/^installed //p') || true
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install-deps: all ${#wanted[@]} packages are installed, nothing to do"
  exit 0
fi
echo "install-deps: ${#missing[@]} of ${#wanted[@]} packages are missing: ${missing[*]}"

as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null ||
    fail "installing needs root and there is no sudo; as root, run:" "  apt-get install ${missing[*]}"
  as_root=(sudo "${as_root[@]}")
fi
apt=("${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=2)

echo "install-deps: asking this machine's package sources for the current lists (apt-get update)"
# An entry of somebody else that does not answer is no reason to stop; whether the packages come is what counts.
"${apt[@]}" update || true

unknown=()
for package in "${missing[@]}"; do
  policy=$(apt-cache policy -- "$package")
  [[ $policy =~ Candidate:\ [^\(] ]] || unknown+=("$package")
done
if [ ${#unknown[@]} -gt 0 ]; then
  fail "this machine's package sources do not have: ${unknown[*]}" \
    "Either the network is absent (see the lines above), or this is not Debian 12:" \
    "  $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null)" \
    "All that is missing: ${missing[*]}"
fi

echo "install-deps: installing ${missing[*]}"
"${apt[@]}" install --yes --no-install-recommends -- "${missing[@]}" ||
  fail "apt-get could not install the packages; its own words are above." \
    "Without a network, bring these by other means and call again: ${missing[*]}"
echo "install-deps: done, ${#missing[@]} packages installed"
