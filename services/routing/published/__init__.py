"""The playbook as customers read it: page, JSON, and a sentence to speak."""
