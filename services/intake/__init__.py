"""Intake: takes in what customers, carriers and shops send, once, and gives it one shape (IN-1 to IN-8)."""
