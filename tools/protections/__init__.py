"""Takes each protection of the loop out, one at a time, in a copy of the project, and shows that a test fails."""
