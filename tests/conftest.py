"""For all tests: logs without frames and colours, and no time limits inside Hypothesis (`make bench` measures)."""

import hypothesis
import structlog

structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
hypothesis.settings.register_profile("parcelcare", deadline=None)
hypothesis.settings.load_profile("parcelcare")

pytest_plugins = ["tests.integration.servers"]
