"""Runs claims: python -m services.claims."""

from services.claims.app import create_app
from services.claims.settings import Settings
from shared.service import serve

if __name__ == "__main__":
    serve(create_app, Settings)
