#!/usr/bin/env bash
# What only training needs, in var/training: no service and no image carries it. Does nothing when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
lock=tools/training/requirements.lock folder=var/training
want=$(cksum "$lock")
if [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$want" ]; then exit; fi
printf '· packages of %s\n' "$lock" >&2
rm -rf "$folder"
var/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" -r "$lock"
echo "$want" >"$folder/.stamp"
