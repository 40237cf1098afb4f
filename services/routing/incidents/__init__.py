"""The green channel (绿色通道): many exceptions with one cause are one incident (RO-12)."""
