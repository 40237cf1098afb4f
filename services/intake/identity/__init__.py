"""Who is who: handles that are named together become one customer, and people can part them again (IN-5)."""
