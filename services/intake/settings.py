"""The knobs of intake."""

from pathlib import Path

from pydantic import Field

from services.intake.gateways import RULES
from shared.settings import CommonSettings


class Settings(CommonSettings):
    """Variables of the environment, by the fields' names in capitals.

    `public_url`: how gateways reach us (https://care.example), for those that sign the address; default: as asked.
    `call_days`: how long a call's stages are remembered; more than `inbox_days`, or a late one would open it again.
    `asterisk_host`: the manager interface that intake itself listens to, for the gateway of kind asterisk.
    """

    public_url: str = Field("", pattern=r"^(https?://[^/]+)?$")
    gateways_file: Path = RULES / "gateways.yaml"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(8025, ge=0, le=65535)
    smtp_hostname: str = "intake.parcelcare.example"
    smtp_tls_cert: Path | None = None
    smtp_tls_key: Path | None = None
    smtp_max_connections: int = Field(200, ge=1)
    smtp_timeout_s: float = Field(300, gt=0)
    smtp_lifetime_s: float = Field(1800, gt=0)
    max_pending_messages: int = Field(20_000, ge=1)
    max_body_bytes_in_flight: int = Field(256 * 1024 * 1024, ge=1024 * 1024)
    retry_after_s: float = Field(2.0, gt=0)
    raw_days: int = Field(1095, ge=1)
    call_days: int = Field(90, ge=1)
    asterisk_host: str = ""
    asterisk_port: int = Field(5038, ge=1, le=65535)
    asterisk_username: str = ""
    asterisk_secret_file: Path | None = None
