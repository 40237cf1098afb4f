"""One adapter for each kind of gateway: pure functions from what was sent to events of the contract."""
