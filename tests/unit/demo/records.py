"""Records as the services publish them, in small: what the observer is fed in the tests."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

from demo.seen.observations import Observations

AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)


class Feed:
    """Writes records into observations, each with an id of its own unless one is given."""

    def __init__(self, seen: Observations, prefix: str = "") -> None:
        self._owner_versions = count(1)
        self.seen = seen
        self.prefix = prefix
        self.number = 0

    def add(self, topic: str, event: Mapping[str, Any], ce_id: str = "", ce_type: str = "x", at: float = 0.0) -> None:
        self.number += 1
        headers = {"ce_id": (ce_id or f"e{self.number}").encode(), "ce_type": ce_type.encode()}
        self.seen.add(topic, headers, orjson.dumps(event), at)

    def interaction(
        self, interaction_id: str, text: str = "快递到哪了", message_id: str | None = None, at: float = 0.0
    ) -> None:
        event = {
            "interaction_id": interaction_id,
            "channel": "web",
            "text": text,
            "occurred_at": AT.isoformat(),
            "message_id": message_id,
        }
        ce_id = f"interaction-{interaction_id}-{self.number}"
        self.add("interactions.v1", event, ce_id, "parcelcare.interaction.received", at)

    def scan(self, tracking_number: str, at: datetime = AT) -> None:
        event = {"tracking_number": tracking_number, "occurred_at": at.isoformat()}
        self.add("parcel-events.v1", event, ce_type="parcelcare.parcel.scanned")

    def case(self, case_id: str, *changes: Mapping[str, Any], version: int = 1, ce_id: str = "", **more: Any) -> None:
        case = {
            "case_id": case_id,
            "number": f"PC{case_id[-4:]:>08}",
            "version": version,
            "channel": "web",
            "origin": "contact",
            "status": "assigned",
            "customer": {"customer_id": "c", "language": "zh"},
            "classification": {"kind": "query", "tags": ["where_is"]},
            "group": "general",
            "opened_at": AT.isoformat(),
            **more,
        }
        event = {"changes": changes or ({"type": "classified"},), "case": case, "at": AT.isoformat()}
        self.add("cases.v1", event, ce_id)

    def incident(self, change: str, version: int = 1, **more: Any) -> None:
        cause = {"scope": "site", "kind": "delay", "site": "杭州转运中心"}
        incident = {"incident_id": "in1", "number": "IN1", "version": version, "cause": cause, **more}
        incident = {"opened_at": AT.isoformat(), **incident}
        self.add("incidents.v1", {"changes": [{"type": change}], "incident": incident, "at": AT.isoformat()})

    def incident_parcel(
        self, number: str, move: str = "affected", owner: str = "c", tell: bool = True, reserved: bool = True
    ) -> None:
        event = {
            "incident_id": "in1",
            "move": move,
            "tracking_number": number,
            "case_id": f"case-{number}",
            "owner_id": owner,
            "owner_version": next(self._owner_versions),
            "reserved": reserved,
            "tell": tell,
        }
        self.add("incidents.v1", event)

    def claim(self, claim_id: str, *changes: str, version: int = 1, payout: Any = None, **more: Any) -> None:
        claim = {
            "claim_id": claim_id,
            "number": f"CL-{claim_id}",
            "version": version,
            "case_id": "k1",
            "case_number": "PC00000001",
            "kind": "damage",
            "state": "paid",
            "tracking_number": "SF1",
            "claimed_fen": 20000,
            "opened_at": AT.isoformat(),
            "payout": payout,
            **more,
        }
        event = {"changes": [{"type": c} for c in changes or ("opened",)], "claim": claim, "at": AT.isoformat()}
        self.add("claims.v1", event)

    def paid_claim(self, claim_id: str, amount_fen: int = 12800, status: str = "succeeded") -> None:
        """A claim with a decision, its order, and (if it succeeded) the provider's reference."""
        decision = f"d-{claim_id}"
        payout = {
            "decision_id": decision,
            "amount_fen": amount_fen,
            "status": status,
            "provider_ref": f"po-{decision}",
        }
        self.claim(claim_id, "decided", "paid", payout=payout, award={"amount_fen": amount_fen}, fast_track=True)
        self.order(decision, claim_id, amount_fen)

    def order(self, decision: str, claim_id: str, amount_fen: int, at: float = 0.0) -> None:
        order = {
            "decision_id": decision,
            "claim_id": claim_id,
            "reference": f"CL-{claim_id}-1",
            "amount_fen": amount_fen,
        }
        self.add("payment-requests.v1", order, at=at)

    def notice(self, notice_id: str, text: str = "已受理", channel: str = "email", at: float = 0.0) -> None:
        event = {
            "notice_id": notice_id,
            "channel": channel,
            "kind": "received",
            "case_id": "k1",
            "caused_at": AT.isoformat(),
            "text": text,
        }
        self.add("notice-requests.v1", event, at=at)

    def dead_letter(self, topic: str, partition: int, offset: int, reason: str = "value: json_invalid") -> None:
        self.number += 1
        headers = {
            "ce_id": f"dl{self.number}".encode(),
            "dl_topic": (self.prefix + topic).encode(),
            "dl_partition": str(partition).encode(),
            "dl_offset": str(offset).encode(),
            "dl_group": b"intake-parcels",
            "dl_reason": reason.encode(),
        }
        self.seen.add("dead-letters.v1", headers, b"{", 0.0)
