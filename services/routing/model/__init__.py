"""What a text is about where no exact word says it: a linear model over n-grams and what the table found (RO-2)."""
