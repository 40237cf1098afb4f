"""What tests say of the servers that they stand on; the fixtures themselves are registered once, for all tests."""

from tests.integration.servers import Infra, remove

__all__ = ["Infra", "remove"]
