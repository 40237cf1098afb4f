"""A day of the whole system, played through gateways that speak the real protocols (SY-9)."""
