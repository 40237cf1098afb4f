"""A Kafka of one test that takes nobody without TLS and a password."""

import asyncio
import ipaddress
import signal
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tools.stack.kafka import CLUSTER_ID, java_command, properties
from tools.stack.layout import Layout
from tools.stack.ports import free_port, is_listening

USER, PASSWORD, MECHANISM = "care", "open sesame", "SCRAM-SHA-512"
LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required username={} password={};"


@dataclass
class SecureBroker:
    directory: Path
    process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        self.port, self.controller_port = free_port(), free_port()
        self.authority = self.directory / "ca.pem"
        self.password_file = self.directory / "password"

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": MECHANISM,
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD_FILE": str(self.password_file),
            "KAFKA_CA_FILE": str(self.authority),
        }

    async def start(self) -> None:
        layout = Layout(self.directory)
        layout.make()
        self.password_file.write_text(PASSWORD + "\n")
        certificates(self.authority, self.directory / "broker.pem")
        config = layout.run / "kafka.properties"
        config.write_text(properties(layout, self.port, self.controller_port) + self._secured())
        credential = f"{MECHANISM}=[name={USER},password={PASSWORD}]"
        formatting = ("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(config))
        command = java_command(*formatting, "--add-scram", credential, heap="128m")
        await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
        with (layout.log / "kafka.log").open("wb") as out:
            self.process = await asyncio.create_subprocess_exec(
                *java_command("kafka.Kafka", str(config), heap="384m"), stdout=out, stderr=out
            )

    def listens(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, (self.directory / "log" / "kafka.log").read_text()[-3000:]
        return is_listening(self.port)

    async def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self.process.wait(), 30)

    def _secured(self) -> str:
        """Later lines win over the ones that the local stack has."""
        values = {
            "listeners": f"SASL_SSL://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"SASL_SSL://127.0.0.1:{self.port}",
            "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "SASL_SSL",
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": LOGIN.format(f'"{USER}"', f'"{PASSWORD}"'),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.directory / "broker.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority,
        }
        return "".join(f"{key}={value}\n" for key, value in values.items())


def certificates(authority: Path, broker: Path) -> None:
    """An authority's certificate, and the broker's with its key, for 127.0.0.1."""
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    root = _signed(root_name, root_key, root_name, root_key, x509.BasicConstraints(ca=True, path_length=0))
    own = _signed(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")]), key, root_name, root_key, address)
    authority.write_bytes(root.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    broker.write_bytes(secret + own.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))


def _signed(
    subject: x509.Name,
    key: rsa.RSAPrivateKey,
    issuer: x509.Name,
    issuer_key: rsa.RSAPrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(issuer_key, hashes.SHA256())
    )
