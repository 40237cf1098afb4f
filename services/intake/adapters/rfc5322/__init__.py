"""Reading a mail as it is really written: pure, forgiving, in time that grows with its length only."""
