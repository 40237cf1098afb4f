"""The playbook as routing published it last, for what customers ask by a menu."""
