"""Calls whose stages come one by one, in any order, and become one contact (IN-1, IN-6)."""
