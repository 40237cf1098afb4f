"""The simulated gateways: each speaks the protocol of its kind, and repeats what was not answered."""
