#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/fetch-soup.sh NAME CACHE_DIR
#
# Leaves the two source trees of targets/soup/NAME/recipe.json in CACHE_DIR/NAME:
#
#   upstream/  the released tarball as it is, with its published defects
#   patched/   the same tree with the distribution's security patches that the recipe lists
#
# The files come from the distribution's source package, by way of a private apt configuration made from the
# machine's own package sources, which stay as they are. Each file must have the SHA-256 that the recipe gives.
# With a full cache nothing is asked of the network, and files put into CACHE_DIR/NAME/download by hand are taken.
# Needs apt, flock, patch, python3, tar and xz; installs nothing; several calls at once wait for one another.
set -euo pipefail

fail() {
  printf 'fetch-soup: %s\n' "$@" >&2
  exit 1
}

# shellcheck source=scripts/private-apt.sh
. "$(dirname "$(readlink -f "$0")")/private-apt.sh"

[ $# -eq 2 ] || fail "usage: fetch-soup.sh NAME CACHE_DIR"
name=$1
recipe=$(dirname "$(readlink -f "$0")")/../targets/soup/$name/recipe.json
[[ $name =~ ^[a-z0-9]+$ && -f $recipe ]] || fail "there is no recipe for '$name' in targets/soup"
for tool in apt-get flock patch python3 sha256sum tar xz; do
  command -v $tool >/dev/null || fail "the program '$tool' is missing; scripts/install-deps.sh installs it"
done
mkdir -p "$2/$name" || fail "the cache folder '$2' cannot be made"
cache=$(readlink -f "$2")/$name

recipe_value() {
  python3 -c '
import json, sys
recipe = json.load(open(sys.argv[1]))
if sys.argv[2] == "checksums":
    print("\n".join(f["sha256"] + "  " + f["name"] for f in recipe["files"]))
else:
    value = recipe[sys.argv[2]]
    print("\n".join(value) if isinstance(value, list) else value)
' "$recipe" "$1" || fail "$recipe: cannot be read, or has no field '$1'"
}

exec 9>"$cache/lock"
flock 9

stamp=$(cat "$recipe" "$0" | sha256sum | cut -d' ' -f1)
if [ "$(cat "$cache/complete" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

package=$(recipe_value source_package)
version=$(recipe_value source_version)
recipe_value checksums >"$cache/checksums"

download_is_whole() {
  (cd "$cache/download" && sha256sum --check --quiet --strict "$cache/checksums") >"$cache/check.log" 2>&1
}

# The machine's own entries, asked for source packages instead of binary ones.
source_lines() { sed -nE 's/^[[:space:]]*deb[[:space:]]/deb-src /p'; }
source_stanzas() { sed -E 's/^Types:.*/Types: deb-src/'; }

download() {
  make_private_sources source_lines source_stanzas ||
    fail "this machine has no package sources in /etc/apt, so the source package $package cannot be fetched"
  # An entry of somebody else that has no sources fails the update; what counts is whether the package came.
  private_apt update >"$cache/apt.log" 2>&1 || true
  (cd "$cache/download" && private_apt source --download-only "$package=$version") >>"$cache/apt.log" 2>&1 || {
    tail -n 5 "$cache/apt.log" >&2
    fail "the source package $package $version cannot be fetched from this machine's package sources." \
      "Without a network: put the files listed in $cache/checksums into $cache/download," \
      "or configure with -DPERCUSS_SOUP= to build without third-party targets." \
      "With one: if the distribution has replaced this version, $recipe needs the new one; log: $cache/apt.log"
  }
  rm -rf "$cache/apt"
}

mkdir -p "$cache/download"
if ! download_is_whole; then
  printf 'fetch-soup: fetching the source package %s %s\n' "$package" "$version"
  download
  download_is_whole || {
    cat "$cache/check.log" >&2
    fail "the files in $cache/download are not those that $recipe names; remove them and call again"
  }
fi

unpack() {
  rm -rf "${cache:?}/$1"
  mkdir "$cache/$1"
  tar -xf "$cache/download/$2" -C "$cache/$1" --no-same-owner "${@:3}"
}

rm -f "$cache/complete"
unpack upstream "$(recipe_value upstream_archive)" --strip-components=1
unpack patched "$(recipe_value upstream_archive)" --strip-components=1
unpack packaging "$(recipe_value patch_archive)"
recipe_value patches >"$cache/patches"
while read -r name_of_patch; do
  patch --batch --forward --no-backup-if-mismatch -p1 -d "$cache/patched" \
    -i "$cache/packaging/debian/patches/$name_of_patch" >"$cache/patch.log" 2>&1 || {
    cat "$cache/patch.log" >&2
    fail "$name_of_patch does not apply to $package $version; see targets/soup/$name/recipe.json"
  }
done <"$cache/patches"
printf '%s\n' "$stamp" >"$cache/complete"
