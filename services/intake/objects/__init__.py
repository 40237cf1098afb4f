"""Files of customers in object storage, by what they contain: the same photo twice is stored once (IN-4)."""
