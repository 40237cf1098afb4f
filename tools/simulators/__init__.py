"""The outside world for laptops and tests: a payment provider, a mail server, a merchant's webhook receiver."""
