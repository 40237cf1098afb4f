"""`python -m services.routing`: one process of routing."""

from services.routing.app import create_app
from services.routing.settings import Settings
from shared.service import serve

serve(create_app, Settings)
