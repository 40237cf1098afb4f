"""The settings that every service has, read from the environment."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.clock import Clock


class CommonSettings(BaseSettings):
    """A service's own settings extend these. Names of variables are the fields' names in capitals."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    environment: Literal["local", "production"] = "local"
    instance: str = "local-0"
    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    mongo_url: str = "mongodb://127.0.0.1:27017/?replicaSet=rs0"
    topic_prefix: str = ""
    group_prefix: str = ""
    database_prefix: str = ""
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    state_dir: Path = Path("var/state")
    secrets_dir: Path = Path("var/secrets")
    public_url: str = "http://127.0.0.1:8080"
    log_level: str = "INFO"
    clock_rate: float = 1.0
    clock_anchor_real: datetime | None = None
    clock_anchor_sim: datetime | None = None
    clock_until_sim: datetime | None = None
    clock_start_file: Path | None = None
    otel_exporter_otlp_endpoint: str | None = None
    oidc_issuer: str = ""
    batch_records: int = 500
    inbox_days: int = 60

    @property
    def clock(self) -> Clock:
        return Clock(
            anchor_real=self.clock_anchor_real,
            anchor_sim=self.clock_anchor_sim,
            rate=self.clock_rate,
            until_sim=self.clock_until_sim,
            start_file=self.clock_start_file,
        )
