"""The project's own rules: who may import whom, that rules and templates load, that files stay readable."""
