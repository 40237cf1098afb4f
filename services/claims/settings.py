"""The settings of the claims service."""

from pathlib import Path

from services.claims.rulebook import RULES_DIR
from shared.settings import CommonSettings


class Settings(CommonSettings):
    """The provider's key is read from payment.key among the secrets."""

    payment_url: str = "http://127.0.0.1:28011"
    payment_timeout_s: float = 5.0
    payment_parallel: int = 8
    due_interval_s: float = 0.5
    claims_rules_dir: Path = RULES_DIR

    @property
    def payment_key(self) -> str:
        return (self.secrets_dir / "payment.key").read_text().strip()
