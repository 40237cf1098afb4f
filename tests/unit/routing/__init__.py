"""Unit tests of routing: pure, from tables and with Hypothesis."""
