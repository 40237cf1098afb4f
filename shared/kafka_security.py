"""How a process proves itself to Kafka and Kafka to it: one place that makes the options of every client (SY-8)."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.settings import KafkaSettings

if TYPE_CHECKING:
    from faststream.security import BaseSecurity


@dataclass(frozen=True)
class KafkaSecurity:
    """`ca_file` None: the certification authorities of the system. The password is never shown."""

    protocol: str = "PLAINTEXT"
    mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @staticmethod
    def of(settings: KafkaSettings) -> "KafkaSecurity":
        """Raises `OSError` where the password's file can't be read."""
        if not settings.kafka_sasl:
            return KafkaSecurity(
                settings.kafka_security_protocol,
                ca_file=settings.kafka_ca_file,
                cert_file=settings.kafka_cert_file,
                key_file=settings.kafka_key_file,
            )
        assert settings.kafka_sasl_password_file is not None
        return KafkaSecurity(
            protocol=settings.kafka_security_protocol,
            mechanism=settings.kafka_sasl_mechanism,
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password_file.read_text("utf-8").strip("\r\n"),
            ca_file=settings.kafka_ca_file,
            cert_file=settings.kafka_cert_file,
            key_file=settings.kafka_key_file,
        )

    def options(self) -> dict[str, Any]:
        """For aiokafka's consumers, producers and admin clients, beside `bootstrap_servers`."""
        if self.protocol == "PLAINTEXT":
            return {}
        options: dict[str, Any] = {"security_protocol": self.protocol, "ssl_context": self._ssl_context()}
        if self.mechanism:
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options

    def faststream(self) -> "BaseSecurity | None":
        """The same for FastStream's broker. There a missing `use_ssl` would quietly mean: password in the clear."""
        from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

        if self.protocol == "PLAINTEXT":
            return None
        context = self._ssl_context()
        if not self.mechanism:
            return BaseSecurity(ssl_context=context, use_ssl=True)
        made = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}[self.mechanism]
        return made(self.username, self.password, ssl_context=context, use_ssl=context is not None)

    def _ssl_context(self) -> ssl.SSLContext | None:
        if not self.protocol.endswith("SSL"):
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file is not None:
            context.load_cert_chain(self.cert_file, self.key_file)
        return context


PLAINTEXT = KafkaSecurity()
"""For the local stack and tests."""
