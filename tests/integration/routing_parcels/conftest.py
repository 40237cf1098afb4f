"""A bench of parcel processes per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from tests.integration.conftest import Infra
from tests.integration.fresh import FreshNames
from tests.integration.routing_parcels.harness import Bench


@pytest.fixture
async def bench(infra: Infra, fresh_names: FreshNames, tmp_path: Path) -> AsyncIterator[Bench]:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "token_signing.pem").write_bytes(OKPKey.generate_key("Ed25519").as_pem(private=True))
    made = Bench(infra, fresh_names, tmp_path, secrets)
    await made.open()
    yield made
    await made.close()
