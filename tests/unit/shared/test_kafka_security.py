"""Every client comes to Kafka by the same door, and never shows a password in the clear by accident (SY-8)."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from faststream.kafka.security import parse_security
from pydantic import ValidationError

from shared.kafka_security import PLAINTEXT, KafkaSecurity
from shared.settings import KafkaSettings

pytestmark = pytest.mark.req("SY-8")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An authority's certificate (which is also ours), its key, and a password with an editor's line end."""
    directory = tmp_path_factory.mktemp("kafka")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    (directory / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    (directory / "password").write_text("open sesame\n")
    return {name: directory / name for name in ("ca.pem", "key.pem", "password")}


def settings(files: dict[str, Path], **values: Any) -> KafkaSettings:
    sasl = {"kafka_sasl_username": "care", "kafka_sasl_password_file": files["password"]}
    return KafkaSettings(**{**sasl, **values})


def comparable(options: dict[str, Any]) -> dict[str, Any]:
    """Contexts are compared by what they demand."""
    context = options.pop("ssl_context", None)
    return {**options, "verified": context is not None and (context.verify_mode, context.check_hostname)}


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL", "SASL_PLAINTEXT"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_faststream_and_aiokafka_are_told_the_same(files: dict[str, Path], protocol: str, mechanism: str) -> None:
    security = KafkaSecurity.of(
        settings(
            files,
            kafka_security_protocol=protocol,
            kafka_sasl_mechanism=mechanism,
            kafka_ca_file=files["ca.pem"],
        )
    )
    told = comparable(security.options())
    assert told == comparable(parse_security(security.faststream()))
    assert told["security_protocol"] == protocol


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_sasl_over_tls_checks_the_broker_and_carries_the_password(files: dict[str, Path], mechanism: str) -> None:
    options = KafkaSecurity.of(
        settings(files, kafka_security_protocol="SASL_SSL", kafka_sasl_mechanism=mechanism)
    ).options()
    context = options["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
        mechanism,
        "care",
        "open sesame",
    )


def test_the_clusters_own_authority_is_trusted_and_no_other(files: dict[str, Path]) -> None:
    chosen = settings(files, kafka_security_protocol="SSL", kafka_ca_file=files["ca.pem"])
    context = KafkaSecurity.of(chosen).options()["ssl_context"]
    assert [dict(part for rdn in c["subject"] for part in rdn)["commonName"] for c in context.get_ca_certs()] == [
        "authority"
    ]


def test_our_own_certificate_is_loaded(files: dict[str, Path]) -> None:
    chosen = settings(
        files, kafka_security_protocol="SSL", kafka_cert_file=files["ca.pem"], kafka_key_file=files["key.pem"]
    )
    assert "sasl_mechanism" not in KafkaSecurity.of(chosen).options()
    wrong = chosen.model_copy(update={"kafka_key_file": files["ca.pem"]})
    with pytest.raises(ssl.SSLError):
        KafkaSecurity.of(wrong).options()


def test_plaintext_needs_no_options(files: dict[str, Path]) -> None:
    assert PLAINTEXT.options() == {}
    assert PLAINTEXT.faststream() is None
    assert KafkaSecurity.of(settings(files)) == PLAINTEXT


def test_the_password_is_not_shown(files: dict[str, Path]) -> None:
    security = KafkaSecurity.of(settings(files, kafka_security_protocol="SASL_SSL"))
    assert security.password == "open sesame"
    assert "sesame" not in repr(security)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"kafka_security_protocol": "SASL_PLAINTEXT", "environment": "production"}, "SASL_SSL"),
        ({"kafka_security_protocol": "SASL_SSL", "kafka_sasl_username": ""}, "KAFKA_SASL_USERNAME"),
        ({"kafka_security_protocol": "SASL_SSL", "kafka_sasl_password_file": None}, "KAFKA_SASL_PASSWORD_FILE"),
        ({"kafka_key_file": Path("key.pem")}, "KAFKA_CERT_FILE"),
        ({"kafka_security_protocol": "TLS"}, "SASL_SSL"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(files: dict[str, Path], values: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        settings(files, **values)


def test_a_password_in_the_clear_is_for_laptops_only(files: dict[str, Path]) -> None:
    chosen = settings(files, kafka_security_protocol="SASL_PLAINTEXT", environment="local")
    options = KafkaSecurity.of(chosen).options()
    assert options["security_protocol"] == "SASL_PLAINTEXT"
    assert options["ssl_context"] is None


def test_a_missing_password_file_is_told(files: dict[str, Path], tmp_path: Path) -> None:
    chosen = settings(files, kafka_security_protocol="SASL_SSL", kafka_sasl_password_file=tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        KafkaSecurity.of(chosen)


def test_the_environment_is_read(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KAFKA_SASL_MECHANISM", "")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", "care")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD_FILE", str(files["password"]))
    security = KafkaSecurity.of(KafkaSettings())
    assert (security.protocol, security.mechanism, security.username) == ("SASL_SSL", "SCRAM-SHA-512", "care")
