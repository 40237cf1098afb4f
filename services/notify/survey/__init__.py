"""The page that asks customers how satisfied they are (RO-14, NO-6)."""
