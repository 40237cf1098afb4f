"""Questions that are answered without a person (RO-3)."""
