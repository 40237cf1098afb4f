"""Who may do what: bearer tokens, gateway signatures, opaque identities."""
