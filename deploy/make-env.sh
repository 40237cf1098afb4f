#!/bin/sh
# Writes .env for docker compose: a random password wherever one is needed. An existing .env is left as it is.
set -eu
cd "$(dirname "$0")/.."
if [ -e .env ]; then
    echo ".env exists; nothing was changed."
    exit 0
fi
random() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$1"; }
umask 077
{
    echo "# Made by deploy/make-env.sh. deploy/env.example says what else can be set."
    echo "COMPOSE_PROFILES=simulators"
    for name in MONGO_ROOT_PASSWORD INTAKE_DB_PASSWORD ROUTING_DB_PASSWORD CLAIMS_DB_PASSWORD \
        NOTIFY_DB_PASSWORD METRICS_DB_PASSWORD GRAFANA_PASSWORD; do
        echo "$name=$(random 32)"
    done
    echo "MONGO_REPLICA_KEY=$(random 256)"
} >.env
echo ".env was written. Grafana's user is admin; its password stands there."
