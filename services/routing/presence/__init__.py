"""Whether an agent is there to be given anything."""
