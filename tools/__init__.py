"""Commands for people and machines that work on the system: stack, simulators, chaos, lint, docs."""
