#!/usr/bin/env bash
# Makes a fresh machine ready: virtual environment, locked packages, Kafka's jars. Does nothing when nothing changed.
set -euo pipefail
cd "$(dirname "$0")/.."
var=var venv=var/venv libs=var/kafka/libs
mkdir -p "$var/kafka" "$var/log"

step() { printf '· %s\n' "$1" >&2; }
stamp() { cksum "$@" | cksum | tr -d ' '; }
fail() { printf '\n%s\n\n' "$1" >&2; exit 1; }

install_help() {
    cat >&2 <<HELP

$1

  Debian/Ubuntu   sudo apt-get install python3 python3-venv openjdk-17-jre-headless maven
  Fedora          sudo dnf install python3 java-21-openjdk-headless maven
  macOS           brew install python@3.12 openjdk maven
  Windows         wsl --install -d Ubuntu, then the Debian/Ubuntu line inside it

Without any of them:  docker compose up   (see deploy/env.example)
HELP
    exit 1
}

find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3.13 python3 python; do
        if "$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    if "$venv/bin/python" -c 'import pip' 2>/dev/null; then return; fi
    local python
    python=$(find_python) || install_help "Python 3.11 or newer, with its venv module, was not found."
    step "virtual environment in $venv ($("$python" --version))"
    "$python" -m venv --clear "$venv"
}

# uv does not read pip's configuration: hand it the mirror, the wheel folder and the certificates that pip would use.
uv_like_pip() {
    local index="${PIP_INDEX_URL:-$("$venv/bin/pip" config get global.index-url 2>/dev/null || true)}"
    if [ -n "$index" ]; then export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"; fi
    if [ -n "${PIP_FIND_LINKS:-}" ]; then export UV_FIND_LINKS="${UV_FIND_LINKS:-$PIP_FIND_LINKS}"; fi
    if [ -n "${PIP_CERT:-}" ]; then export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"; fi
    VIRTUAL_ENV="$PWD/$venv" "$venv/bin/uv" pip install --quiet -r requirements.lock
}

install_packages() {
    local want log=$var/log/bootstrap.log
    want=$(stamp requirements.lock)
    if [ "$(cat "$venv/.stamp" 2>/dev/null)" = "$want" ]; then return; fi
    step "packages of requirements.lock"
    : >"$log"
    if ! { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv && uv_like_pip; } >>"$log" 2>&1; then
        step "packages again, with pip"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.lock >>"$log" 2>&1 ||
            fail "The packages could not be installed; the end of $log:
$(tail -n 15 "$log")"
    fi
    echo "$want" >"$venv/.stamp"
}

java_version() {
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1 || true
}

fetch_kafka() {
    if [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then return; fi
    local want version
    version=$(java_version)
    if [ "${version:-0}" -lt 17 ]; then install_help "Kafka needs Java 17 or newer; found: ${version:-none}."; fi
    want=$(stamp deploy/kafka/pom.xml)
    if [ "$(cat "$libs/.stamp" 2>/dev/null)" = "$want" ]; then return; fi
    command -v mvn >/dev/null || install_help "Maven (mvn), which fetches Kafka, was not found."
    step "Kafka's jars in $libs"
    rm -rf "$libs"
    mvn -q -B -f deploy/kafka/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$PWD/$libs" >"$var/log/maven.log" 2>&1 ||
        fail "Kafka's jars could not be fetched; the end of $var/log/maven.log:
$(tail -n 15 "$var/log/maven.log")"
    echo "$want" >"$libs/.stamp"
}

make_venv
install_packages
fetch_kafka
