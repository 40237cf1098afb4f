"""HTTP to the services under test, which speak it without TLS."""

import ssl
from typing import Any

import httpx

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""A client by itself reads all certification authorities: 30 ms of CPU each time that somebody asks something."""


def client(**options: Any) -> httpx.AsyncClient:
    """A client with no proxy of the environment; `options` are httpx's."""
    return httpx.AsyncClient(trust_env=False, verify=NO_AUTHORITIES, **options)
