#!/usr/bin/env bash
# All checks that need no running system; goes through all of them and fails if one did.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=var/venv/bin
failed=()

check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        printf '· %s\n' "$name"
    else
        printf '✗ %s\n%s\n' "$name" "$output"
        failed+=("$name")
    fi
}

packages=()
for package in services shared tools demo bench; do
    if [ -n "$(find "$package" -name "*.py" -print -quit 2>/dev/null)" ]; then packages+=("$package"); fi
done

check "ruff" "$bin/ruff" check .
check "ruff format" "$bin/ruff" format --check .
check "mypy --strict" "$bin/mypy" --strict "${packages[@]}"
check "compose file" "$bin/check-jsonschema" --builtin-schema vendor.compose-spec docker-compose.yml
check "kubernetes manifests" "$bin/python" -m tools.manifests
if command -v promtool >/dev/null; then
    check "prometheus configuration" promtool check config deploy/prometheus/prometheus.yml
fi
if command -v amtool >/dev/null; then
    check "alertmanager configuration" amtool check-config deploy/prometheus/alertmanager.yml
fi
if [ -e tools/lint.py ] || [ -e tools/lint/__main__.py ]; then
    check "project rules" "$bin/python" -m tools.lint
fi
if [ "${#failed[@]}" -gt 0 ]; then
    printf '\nfailed: %s\n' "$(IFS=,; echo "${failed[*]}")"
    exit 1
fi
