"""Media that a platform only names: fetched from it, stored, and told to those who read its contact (IN-4)."""
