"""Intake as it was at another moment: signed vectors are years old, and to the real service a replay.

Everything is the service's own but the moment of arrival: the file that ARRIVAL_FILE names holds it (Unix seconds,
empty: now). What a signature's age is checked against is read from it for each request.
"""

import os
from datetime import datetime, tzinfo
from pathlib import Path

from services.intake import api
from services.intake.app import create_app
from services.intake.settings import Settings
from shared.service import serve

ARRIVAL = Path(os.environ["ARRIVAL_FILE"])


class Dated(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Dated":
        said = ARRIVAL.read_text().strip()
        return cls.fromtimestamp(float(said), tz) if said else super().now(tz)


if __name__ == "__main__":
    vars(api)["datetime"] = Dated
    serve(create_app, Settings)
