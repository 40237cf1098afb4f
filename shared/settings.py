"""The settings that every service has, read from the environment."""

from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.clock import Clock
from shared.http_limits import RequestLimits


class KafkaSettings(BaseSettings):
    """Where Kafka is and how to come in; for commands, too. Names of variables are the fields' names in capitals."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    environment: Literal["local", "production"] = "local"
    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_sasl_username: str = ""
    kafka_sasl_password_file: Path | None = None
    kafka_ca_file: Path | None = None
    kafka_cert_file: Path | None = None
    kafka_key_file: Path | None = None
    topic_prefix: str = ""

    @property
    def kafka_sasl(self) -> bool:
        return self.kafka_security_protocol.startswith("SASL")

    @model_validator(mode="after")
    def _kafka_can_be_reached_so(self) -> Self:
        if self.kafka_security_protocol == "SASL_PLAINTEXT" and self.environment == "production":
            raise ValueError("SASL_PLAINTEXT shows the password to the network: set KAFKA_SECURITY_PROTOCOL=SASL_SSL")
        if self.kafka_sasl and not (self.kafka_sasl_username and self.kafka_sasl_password_file):
            raise ValueError("SASL needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD_FILE")
        if self.kafka_key_file and not self.kafka_cert_file:
            raise ValueError("KAFKA_KEY_FILE needs KAFKA_CERT_FILE beside it")
        return self


class CommonSettings(KafkaSettings):
    """A service's own settings extend these.

    `group_session_s`: how long the partitions of a process that says nothing stay its own; a process says every
    `group_heartbeat_s` that it is there, and hears then who joins.
    `http_head_s`, `http_body_s`: how long a connection may take over a request's head, and over a small body.
    """

    instance: str = "local-0"
    mongo_url: str = "mongodb://127.0.0.1:27017/?replicaSet=rs0"
    group_prefix: str = ""
    database_prefix: str = ""
    group_session_s: float = Field(10.0, gt=0)
    group_heartbeat_s: float = Field(3.0, gt=0)
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    http_head_s: float = Field(10.0, gt=0)
    http_body_s: float = Field(20.0, gt=0)
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
    def request_limits(self) -> RequestLimits:
        return RequestLimits(head_s=self.http_head_s, body_s=self.http_body_s)

    @property
    def clock(self) -> Clock:
        return Clock(
            anchor_real=self.clock_anchor_real,
            anchor_sim=self.clock_anchor_sim,
            rate=self.clock_rate,
            until_sim=self.clock_until_sim,
            start_file=self.clock_start_file,
        )
