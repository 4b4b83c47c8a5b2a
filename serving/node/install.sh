#!/bin/bash
# Makes the node's environment from the wheels beside this file; needs a Python of the right version and no network.
# systemd runs it as root before each start; what is installed already is left alone.
set -Eeuo pipefail
umask 022

here="$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
version="$(sed -n 's/^BREAKEVEN_PYTHON=//p' "$here/bundle.env")"
site="$here/site"
wanted="$(sha256sum < "$here/manifest.json")"

fail() {
  rm -rf "$site.new" "$site.tmp"
  echo "breakeven install: $1" >&2
  exit 1
}

find_python() {
  command -v "python$version" && return
  if command -v dnf > /dev/null; then
    dnf install -q -y "python$version" > /dev/null 2>&1 || true
  elif command -v apt-get > /dev/null; then
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y "python$version"; } > /dev/null 2>&1 || true
  fi
  command -v "python$version"
}

if [[ -f "$site/.manifest" && "$(< "$site/.manifest")" == "$wanted" ]]; then
  exit 0
fi
python="$(find_python)" || fail "python$version: not found and not to be installed; take an image that has it, or build for another: breakeven bundle --python"
# The interpreter itself, not a link or a version manager's script.
python="$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))')" || fail "$python: does not run"
packages="$site.new/lib/python$version/site-packages"
rm -rf "$site.new" "$site.tmp"
mkdir -p "$site.new/bin" "$packages" "$site.tmp" || fail "$here: cannot be written; free space there"
# A virtual environment by hand (PEP 405): distributions ship its module and pip apart from Python.
ln -s "$python" "$site.new/bin/python"
printf 'home = %s\ninclude-system-site-packages = false\n' "$(dirname "$python")" > "$site.new/pyvenv.cfg"
if compgen -G "$here/wheels/*.whl" > /dev/null; then
  # pip runs from its own wheel. Its scratch folder is here, since /tmp may be memory. Nothing of the caller's is read.
  pip="$(compgen -G "$here/wheels/pip-*.whl")/pip"
  said="$(env -i PATH="$PATH" TMPDIR="$site.tmp" PIP_CONFIG_FILE=/dev/null "$python" "$pip" install \
    --quiet --no-input --no-index --no-deps --no-cache-dir --disable-pip-version-check --root-user-action ignore \
    --find-links "$here/wheels" --require-hashes --target "$packages" --requirement "$here/requirements.txt" 2>&1)" ||
    fail "pip: $(tail -n 1 <<< "$said"); free space in $here or build the bundle again"
fi
echo "$wanted" > "$site.new/.manifest"
rm -rf "$site" "$site.tmp"
mv "$site.new" "$site"
