# Every target sets the machine up first (tools/bootstrap.sh does nothing when nothing changed).
PYTHON := var/venv/bin/python
# Two runners with a Kafka and a MongoDB each; the tests of a file stay together, and long files come before short ones.
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder
# Compiled modules are kept, beside the state: a service that compiles itself at each start takes three times as long.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(CURDIR)/var/pycache
export ONCE
.DEFAULT_GOAL := help
.PHONY: help demo test up down bench chaos lint docs train bootstrap

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

bootstrap:
	@tools/bootstrap.sh

demo: bootstrap ## the whole system with a day of traffic; stays up until Ctrl-C (ONCE=1: ends after the day)
	@$(PYTHON) -m demo

test: bootstrap ## every test, against a real Kafka and a real MongoDB
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE)

up: bootstrap ## the local stack without traffic
	@$(PYTHON) -m tools.stack up

down: ## ends the local stack; its data stay
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m tools.stack down; else echo "No stack was up."; fi

bench: bootstrap ## speed, each figure beside its floor; writes var/bench.json
	@$(PYTHON) -m bench

chaos: bootstrap ## kills and restarts everything under load; writes var/chaos.json
	@$(PYTHON) -m tools.chaos

lint: bootstrap ## style, types, import arrows, compose and Kubernetes files
	@deploy/lint.sh

train: bootstrap ## the classification model anew; CORRECTIONS=file adds agents' corrections; refuses to get worse
	@tools/training/packages.sh
	@PYTHONPATH=var/training $(PYTHON) -m tools.training $(if $(CORRECTIONS),--corrections "$(CORRECTIONS)")

docs: bootstrap ## AsyncAPI, OpenAPI, the manual
	@$(PYTHON) -m tools.docs
