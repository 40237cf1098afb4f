"""What routing escalates reaches people of the house and its partners (NO-7, RO-8, RO-9, RO-12)."""
