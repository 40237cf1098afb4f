"""A mail server that wants TLS and a password before it takes anything (NO-2, SY-4)."""

import asyncio
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.notify.delivery import Delayed, Sent
from services.notify.mailserver import MailServer
from services.notify.mime import Sender
from services.notify.smtp import Postman
from tests.integration.notify.mail import Catcher
from tests.integration.notify.test_pipelining import AT, notice
from tools.stack.ports import free_port

pytestmark = pytest.mark.req("NO-2", "SY-4")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """For 127.0.0.1, signed by itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path / "mail.pem"
    file.write_bytes(
        key.private_bytes(form, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(form),
    )
    return file


async def listen(catcher: Catcher, certificate: Path, port: int) -> asyncio.Server:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def knows(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"us", b"secret"), handled=False)

    def protocol() -> SMTP:
        return SMTP(catcher, tls_context=context, require_starttls=True, auth_required=True, authenticator=knows)

    return await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", port)


def postman(port: int, password: str) -> Postman:
    server = MailServer("127.0.0.1", port, username="us", password=password, start_tls=True, connections=2)
    sender = Sender("ParcelCare", "service@parcelcare.example", "parcelcare.example")
    return Postman(server, sender, lambda notice: None, lambda: AT)


async def test_mails_go_out_encrypted_and_with_our_password(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    catcher, port = Catcher(), free_port()
    listening = await listen(catcher, certificate, port)
    post = postman(port, "secret")
    results = await asyncio.gather(*(post.deliver(notice(f"c{n}@example.cn")) for n in range(10)))
    assert results == [Sent(AT)] * 10
    assert len(set(catcher.ids())) == 10
    await post.close()
    listening.close()


async def test_neither_an_unknown_certificate_nor_a_wrong_password_loses_a_mail(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catcher, port = Catcher(), free_port()
    listening = await listen(catcher, certificate, port)
    assert await postman(port, "secret").deliver(notice("c@example.cn")) == Delayed(
        "mail server: SSLCertVerificationError"
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert await postman(port, "wrong").deliver(notice("c@example.cn")) == Delayed("mail server: 535")
    assert catcher.taken == []
    listening.close()
