"""The consumer loop with one effect per event: parse, decide in one transaction, publish, commit (SY-2, SY-3)."""
