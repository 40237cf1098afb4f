"""State that belongs to the partition that reads it: an embedded store, its changelog in Kafka, and the way back."""
