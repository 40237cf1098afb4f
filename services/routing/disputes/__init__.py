"""Disputes about who signed for a parcel (签收未收到): receipt, re-verification in 48 hours, outcome, hot areas."""
