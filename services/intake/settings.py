"""The knobs of intake."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from services.intake.gateways import RULES
from shared.settings import CommonSettings


class Settings(CommonSettings):
    """Variables of the environment, by the fields' names in capitals.

    `public_url`: how gateways reach us (https://care.example), for those that sign the address; default: as asked.
    `consume`: false for a process that only takes in, beside others that read (docs/decisions/0022).
    `call_days`: how long a call's stages are remembered; more than `inbox_days`, or a late one would open it again.
    `objects_url`: where customers' files are stored: file:///…, s3://bucket, gs://…, az://… (keys as those clouds name
    them: AWS_ACCESS_KEY_ID …); locally a folder of this process by default. `objects_days`: how long after they came
    last. `scanner_url`: clamd://host or icap://host/service, which looks for malware first; empty: nobody looks.
    `reference_days`: how long an order or tracking number leads to its customer.
    `media_simulator_url`: a server of this machine that stands for every platform's, for development only.
    `media_retry_s`: how long a file that did not come waits for its second try; each further wait is twice as long.
    `asterisk_host`: the manager interface that intake itself listens to, for the gateway of kind asterisk.
    """

    consume: bool = True
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
    objects_url: str = Field("", pattern=r"^((file|s3|gs|az|abfss|https)://.+)?$")
    objects_days: int = Field(1095, ge=1)
    object_link_s: int = Field(300, ge=10, le=86_400)
    scanner_url: str = ""
    scanner_timeout_s: float = Field(20, gt=0)
    call_days: int = Field(90, ge=1)
    reference_days: int = Field(1095, ge=1)
    asterisk_host: str = ""
    asterisk_port: int = Field(5038, ge=1, le=65535)
    asterisk_username: str = ""
    asterisk_secret_file: Path | None = None
    media_file: Path = RULES / "media.yaml"
    media_simulator_url: str = Field("", pattern=r"^(http://(127\.0\.0\.1|localhost):\d{1,5})?$")
    media_retry_s: float = Field(2.0, gt=0)
    media_retry_longest_s: float = Field(300.0, gt=0)

    @property
    def objects(self) -> str:
        return self.objects_url or f"file://{(self.state_dir / 'objects').resolve()}"

    @model_validator(mode="after")
    def _files_have_a_place_of_all_processes(self) -> Self:
        if self.environment == "production" and not self.objects_url:
            raise ValueError("OBJECTS_URL is needed: a folder of one process is not where all of them find a file")
        return self
