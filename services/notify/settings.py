"""The settings of notify, beside the common ones."""

from pydantic import SecretStr

from shared.settings import CommonSettings


class NotifySettings(CommonSettings):
    """Mail server, sender, webhooks, and the progress page's limits.

    `push_patience_s`: so long (of business time) a push to staff waits for one way before the next is tried.
    """

    mail_host: str = "127.0.0.1"
    mail_port: int = 1025
    mail_username: str | None = None
    mail_password: SecretStr | None = None
    mail_start_tls: bool = False
    mail_from: str = "service@parcelcare.example"
    mail_from_name: str = "ParcelCare 包裹关怀"
    mail_domain: str | None = None
    mail_connections: int = 8
    mail_timeout_s: float = 15.0
    webhook_sink_url: str = "http://127.0.0.1:28013"
    webhook_timeout_s: float = 10.0
    send_deadline_s: float = 30.0
    push_patience_s: float = 60.0
    progress_poll_s: float = 0.3
    progress_watchers: int = 5000

    @property
    def message_domain(self) -> str:
        """Of our Message-IDs, which intake knows answers by; default: the domain that mail comes from."""
        return self.mail_domain or self.mail_from.rpartition("@")[2]
