"""Tests of the playbook and of work orders."""
