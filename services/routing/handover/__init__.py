"""Hand-over of open cases when an agent goes (交接班, RO-4)."""
