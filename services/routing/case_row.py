"""How a case is stored: itself as JSON, and beside it what is searched or planned with. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.routing.assignment import Queued, holder_of, in_queue
from services.routing.incidents.cause import cell_of
from services.routing.life import is_over
from services.routing.state import CaseState
from shared.contracts.cases import Case, CaseKind, CaseStatus
from shared.contracts.people import Channel
from shared.contracts.personal import Personal
from shared.contracts.sign_disputes import SignDispute

Document = dict[str, Any]


def document(state: CaseState) -> Document:
    if state.reserved:
        return _reserved(state)
    case = state.case
    row: Document = {
        "_id": case.case_id,
        "version": case.version,
        "group": case.group,
        "status": (CaseStatus.QUEUED if in_queue(case) else case.status).value,
        "priority": case.classification.priority,
        "opened_at": case.opened_at,
        "channel": case.channel.value,
        "language": case.customer.language,
        "tags": case.classification.tags,
        "kind": case.classification.kind.value,
        "case": state.json.decode(),
    }
    if not is_over(case):
        row["customer"] = case.customer.customer_id
    if (holder := holder_of(case)) is not None:
        row["held_by"] = holder
    if case.preferred_agent is not None:
        row["preferred"] = case.preferred_agent
    if case.declined_by:
        row["declined"] = case.declined_by
    if state.next_due is not None:
        row["next_due"] = state.next_due
    if state.open_keys:
        row["open_keys"] = list(state.open_keys)
    if case.awaited_media:
        row["awaited_media"] = list(case.awaited_media)
    if state.said:
        row["said"] = state.said.reveal()
    if (loose := _loose(case)) is not None:
        row["loose"] = loose
    return row if case.sign_dispute is None else {**row, **_disputed(case.sign_dispute)}


def _disputed(dispute: SignDispute) -> Document:
    found: Document = {"disputed_at": dispute.opened_at}
    if dispute.wanted is not None:
        found["order_wanted"] = dispute.wanted
    if dispute.area is not None:
        found["dispute_area"] = dispute.area
    return found


def age(state: CaseState) -> tuple[int, bool, datetime]:
    """What is newer of a case: a version, and of one that is only reserved that it was released, or expected anew."""
    return state.stored_version, state.released, state.case.updated_at


def _reserved(state: CaseState) -> Document:
    """Without anything that queues, timers and counts look for."""
    row: Document = {"_id": state.case.case_id, "version": state.stored_version, "case": state.json.decode()}
    row["reserved"] = True
    if state.open_keys:
        row["open_keys"] = list(state.open_keys)
    return row


def _loose(case: Case) -> Document | None:
    """What an incident finds the case by; None: it is over, under one, or was taken out of one."""
    if case.exception_at is None or case.exception_kind is None or case.parcel is None:
        return None
    if case.incident_id is not None or case.incidents_left or is_over(case):
        return None
    cell = cell_of(case.exception_kind, case.parcel)
    return {"kind": cell.kind.value, "carrier": cell.carrier, "site": cell.site, "at": case.exception_at}


def queued_of(row: Mapping[str, Any]) -> Queued:
    return Queued(
        case_id=row["_id"],
        group=row["group"],
        priority=row["priority"],
        opened_at=row["opened_at"],
        channel=Channel(row["channel"]),
        language=row["language"],
        tags=frozenset(row["tags"]),
        kind=CaseKind(row.get("kind", CaseKind.QUERY)),
        preferred=row.get("preferred"),
        declined=frozenset(row.get("declined", ())),
    )


def state_of(row: Mapping[str, Any]) -> CaseState:
    keys, reserved = tuple(row.get("open_keys", ())), row.get("reserved", False)
    case = Case.model_validate_json(row["case"])
    said = Personal(row["said"]) if "said" in row else None
    return CaseState(case, row.get("next_due"), keys, reserved, reserved and not keys, said)
