"""The certificate by which mail servers encrypt what they bring us (STARTTLS), read before anything listens."""

import ssl

from services.intake.settings import Settings


class WrongCertificate(Exception):
    """SMTP_TLS_CERT and SMTP_TLS_KEY can't be used; the message says which file, or what is wrong with them."""


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """STARTTLS is offered where a certificate is configured. Raises `WrongCertificate`."""
    certificate, key = settings.smtp_tls_cert, settings.smtp_tls_key
    if certificate is None:
        if key is not None:
            raise WrongCertificate("SMTP_TLS_KEY is set, and SMTP_TLS_CERT is not")
        return None
    for name, file in (("SMTP_TLS_CERT", certificate), ("SMTP_TLS_KEY", key)):
        if file is not None and not file.is_file():
            raise WrongCertificate(f"{name}: {file} does not exist")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise WrongCertificate(f"SMTP_TLS_CERT and SMTP_TLS_KEY are no pair of PEM files: {error}") from None
    return context
