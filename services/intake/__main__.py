"""Runs intake: python -m services.intake."""

from services.intake.app import create_app
from services.intake.settings import Settings
from shared.service import serve

if __name__ == "__main__":
    serve(create_app, Settings)
