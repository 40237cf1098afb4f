"""Versioned event contracts: the only thing that two services have in common (IN-3, SY-7)."""
