# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced: apt with a configuration of its own in $cache/apt, made from the machine's package sources, which stay as
# they are.

# make_private_sources ONE_LINE STANZAS: commands that turn a file of the machine's, in either of apt's formats, into
# what shall be asked. False where nothing is left.
make_private_sources() {
  local from
  rm -rf "${cache:?}/apt"
  mkdir -p "$cache/apt/parts" "$cache/apt/lists/partial" "$cache/apt/cache/archives/partial"
  for from in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$from" ] || continue
    "$1" <"$from" >"$cache/apt/parts/$(basename "$from" .list).list"
  done
  for from in /etc/apt/sources.list.d/*.sources; do
    [ -f "$from" ] || continue
    "$2" <"$from" >"$cache/apt/parts/$(basename "$from")"
  done
  [ -n "$(find "$cache/apt/parts" -size +0)" ]
}

private_apt() {
  apt-get -q \
    -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$cache/apt/parts" \
    -o Dir::State::lists="$cache/apt/lists" -o Dir::Cache="$cache/apt/cache" \
    -o Acquire::Languages=none -o Acquire::Retries=2 -o APT::Sandbox::User="$(id -un)" "$@"
}
