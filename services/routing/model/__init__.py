"""What a text is about where no exact word says it: a linear model over character n-grams (RO-2)."""
