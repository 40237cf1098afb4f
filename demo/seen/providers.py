"""What the outside parties saw: the payment provider's statement, the mail catcher's inbox, the merchants' webhooks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.http_client import HttpClient

PAGE, NEWS = 500, 50
"""Lines asked for at once: of everything, and of what came since the last look."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A payout as the provider's statement shows it; `reference` names the decision."""

    payout_id: str
    reference: str
    amount_fen: int
    status: str

    @property
    def moved_money(self) -> bool:
        return self.status != "refused"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail or webhook that arrived; the same one again has the same `message_id`."""

    number: int
    message_id: str
    recipient: str
    subject: str

    @property
    def is_push(self) -> bool:
        """To staff or a partner, not a customer's notice: `<push-…@domain>`, webhook-id `push-…` (docs/pushes.md)."""
        return self.message_id.lstrip("<").startswith("push-")


async def statement(client: HttpClient, url: str, secrets_dir: Path) -> list[StatementLine]:
    """The whole statement. Raises `HttpFailure`."""
    key = (secrets_dir / "payment.key").read_text().strip()
    lines: list[StatementLine] = []
    after: int | None = 0
    while after is not None:
        given = await client.get(
            f"{url}/v1/statement", params={"after": after, "limit": PAGE}, headers={"authorization": f"Bearer {key}"}
        )
        page = given.checked().json()
        lines += [
            StatementLine(row["payout_id"], row["reference"], row["amount_fen"], row["status"]) for row in page["lines"]
        ]
        after = page["next"]
    return lines


async def _pages(client: HttpClient, url: str, noun: str, lines: int) -> AsyncIterator[dict[str, Any]]:
    before: int | None = None
    while True:
        params = {"limit": lines} | ({"before": before} if before else {})
        page = (await client.get(f"{url}/api/{noun}", params=params)).checked().json()
        yield page
        before = page["next"]
        if before is None:
            return


async def arrivals(client: HttpClient, url: str, noun: str, after: int = 0) -> list[Arrival]:
    """What arrived for customers since number `after`, oldest first, without pushes to staff and partners; `noun`:
    messages or webhooks. Raises `HttpFailure`."""
    found: list[Arrival] = []
    async for page in _pages(client, url, noun, NEWS if after else PAGE):
        rows = [Arrival(r["number"], r["message_id"], r["recipient"], r["subject"]) for r in page[noun]]
        found += [row for row in rows if row.number > after and not row.is_push]
        if rows and rows[-1].number <= after:
            break
    return found[::-1]
