"""The loop on the real Kafka and MongoDB: redelivery, kills, zombies, poison, parking."""
