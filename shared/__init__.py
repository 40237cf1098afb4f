"""What the five services have in common: contracts, the message loop, and nothing of any one service."""
