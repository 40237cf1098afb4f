"""Integration tests of routing on real Kafka and MongoDB."""
