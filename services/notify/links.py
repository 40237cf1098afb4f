"""The link to a case's progress page: its token is a keyed hash of the case id, so nobody can guess one (NO-5)."""

import base64
import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from shared.security.link_key import link_key

_PURPOSE = b"parcelcare/progress/1:"


@dataclass(frozen=True, slots=True)
class Links:
    """Makes tokens and links with the key of {secrets_dir}/progress.key."""

    public_url: str
    key: bytes = field(repr=False)

    @staticmethod
    def load(public_url: str, secrets_dir: Path) -> "Links":
        """Raises what `link_key` raises."""
        return Links(public_url.rstrip("/"), link_key(secrets_dir, "progress.key"))

    def token(self, case_id: str) -> str:
        """128 bits of HMAC-SHA256, 22 characters that stand in a URL as they are."""
        return _token(self.key, case_id)

    def page(self, case_id: str) -> str:
        return f"{self.public_url}/p/{self.token(case_id)}"

    def survey(self, case_id: str) -> str:
        """The page that asks how satisfied the customer is: under the same token."""
        return f"{self.page(case_id)}/survey"


@lru_cache(maxsize=1000)
def _token(key: bytes, case_id: str) -> str:
    """A case's view and its notice want the same one within a moment."""
    digest = hmac.digest(key, _PURPOSE + case_id.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
