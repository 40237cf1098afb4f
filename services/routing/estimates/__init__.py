"""When a parcel is expected, and how what befalls it revises that (RO-11)."""
