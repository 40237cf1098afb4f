"""Legal deadlines (法定时限), apart from service targets: what starts, warns of and meets one; their register."""
