"""The files that the simulated platforms keep, and the access tokens that open them: what WeChat's server knows."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

INVALID, EXPIRED = 40001, 42001
WRONG_SECRET, WRONG_APP = 40125, 40013


@dataclass(frozen=True, slots=True)
class KeptFile:
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Token:
    value: str
    until: float


@dataclass
class TokenBook:
    """The tokens of accounts. The stable one stays the same for all who ask until it ends; a forced one ends the one
    before it. `lasts_s` is how long the next one is good."""

    accounts: Mapping[str, str]
    monotonic: Callable[[], float]
    lasts_s: int = 7200
    granted: int = 0
    _current: dict[str, Token] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def ask(self, app_id: str, app_secret: str, force: bool = False) -> Token | int:
        """The token, or the error code of who may not have one."""
        if app_id not in self.accounts:
            return WRONG_APP
        if not secrets.compare_digest(self.accounts[app_id].encode(), app_secret.encode()):
            return WRONG_SECRET
        current = self._current.get(app_id)
        if force or current is None or self.monotonic() >= current.until:
            current = self._current[app_id] = self._new()
        return current

    def refusal(self, value: str) -> int | None:
        """The error code for a token that opens nothing."""
        if any(t.value == value and self.monotonic() < t.until for t in self._current.values()):
            return None
        return EXPIRED if value in self._known else INVALID

    def end_all(self) -> None:
        """As if their time were up."""
        self._current = {app: Token(t.value, self.monotonic()) for app, t in self._current.items()}

    def _new(self) -> Token:
        self.granted += 1
        token = Token(secrets.token_urlsafe(64), self.monotonic() + self.lasts_s)
        self._known.add(token.value)
        return token
