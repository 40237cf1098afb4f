"""Kuaidi100 (快递100) push: form fields `param` and `sign`, each line of the track a scan with an id of its own."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from services.intake.adapters.carrier import scan_message
from services.intake.adapters.contact import interaction_id_of, originals
from services.intake.adapters.edge import Edge, TrackingNumber, read_json, require_media_type
from services.intake.adapters.kuaidi100_table import Meaning, Table, meaning, table
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Delivery, FieldError, Reason, Rejected, Verified
from shared.contracts.parcels import ParcelScan
from shared.security.identity import IdentityKey

TAKEN: Mapping[str, object] = {"result": True, "returnCode": "200", "message": "成功"}
MAX_FIELDS = 20
MAX_DESCRIPTION = 500

Clock = Annotated[str, StringConstraints(pattern=r"^20\d\d-[01]\d-[0-3]\d [0-2]\d:[0-5]\d(:[0-5]\d)?$")]
_TRACKING_NUMBER: TypeAdapter[str] = TypeAdapter(TrackingNumber)
Digits = Annotated[str, StringConstraints(max_length=10)]


class TrackLine(Edge):
    """A line of the track (data): Beijing time, what the carrier wrote, and the advanced status code if subscribed."""

    time: Clock | None = None
    ftime: Clock | None = None
    context: Annotated[str, Field(max_length=4000)]
    statusCode: Digits | None = None
    status: Annotated[str, Field(max_length=40)] | None = None
    areaName: Annotated[str, Field(max_length=200)] | None = None
    location: Annotated[str, Field(max_length=200)] | None = None


class LastResult(Edge):
    """The track as of now, newest line first."""

    nu: Annotated[str, StringConstraints(max_length=40)]
    com: Annotated[str, Field(max_length=40)]
    state: Digits | None = None
    data: Annotated[tuple[TrackLine, ...], Field(max_length=500)] = ()


class Kuaidi100Push(Edge):
    """The field `param`. status: polling 监控中, shutdown 结束, abort 中止, updateall 重新推送."""

    status: Annotated[str, Field(max_length=20)]
    message: Annotated[str, Field(max_length=500)] | None = None
    lastResult: LastResult


class Kuaidi100Form(Edge):
    """The body, application/x-www-form-urlencoded; `sign` is MD5(param + salt) in capital hex."""

    param: str
    sign: str


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    """Kuaidi100 has no delivery id: the same push, sent again, has the same `param`."""
    require_media_type(delivery.headers, "application/x-www-form-urlencoded")
    form = _form(delivery.body)
    salt = credentials.of(delivery.gateway).salt or ""
    # MD5 is what the sender uses; the salt is the secret.
    expected = hashlib.md5((form.param + salt).encode()).hexdigest().upper()  # noqa: S324
    if not salt or not hmac.compare_digest(expected.encode(), form.sign.upper().encode()):
        raise Rejected(Reason.SIGNATURE, "sign is not MD5(param + salt)")
    digest = hashlib.sha256(form.param.encode()).hexdigest()
    return Verified(f"gateway/{delivery.gateway.name}/{digest}", form.param.encode())


def _form(body: bytes) -> Kuaidi100Form:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise Rejected(Reason.MALFORMED, "the body is not a form in UTF-8 (param, sign)") from None
    fields = dict(pairs)
    missing = [FieldError(f"/{name}", "is missing") for name in ("param", "sign") if not fields.get(name)]
    if missing:
        raise Rejected(Reason.INVALID, "the form needs param and sign", missing)
    return Kuaidi100Form(param=fields["param"], sign=fields["sign"])


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    push = read_json(Kuaidi100Push, verified.payload)
    push_id = interaction_id_of(verified.cause)
    traceparent = delivery.traceparent
    lines = scans_of(push.lastResult, table())
    messages = tuple(
        scan_message(scan, f"gateway/{delivery.gateway.name}/{cause}", delivery.received_at, traceparent)
        for scan, cause, _ in lines
    )
    return Accepted(
        id=push_id,
        messages=(*originals(delivery, push_id, traceparent), *messages),
        answer=TAKEN,
        suppressed=None if lines else f"push without a track ({push.status})",
        unknown_codes=tuple(m.unknown_code for _, _, m in lines if m.unknown_code),
        status=200,
    )


def scans_of(result: LastResult, table: Table) -> list[tuple[ParcelScan, str, Meaning]]:
    """The lines as scans, oldest first, each with what it follows from: number, time, code and wording.

    A push repeats the lines of those before it: they have the same cause, so the same id. Raises `Rejected`.
    """
    if not result.data:
        return []
    number = _number_of(result)
    scans = []
    for index, line in reversed(list(enumerate(result.data))):
        at = _time_of(line, index, table)
        # Without status codes only the newest line's state is known: it is that of the whole track.
        code = line.statusCode or (result.state if index == 0 else None)
        means = meaning(table, code, line.context)
        scan = ParcelScan(
            tracking_number=number,
            carrier=result.com or "unknown",
            node=means.node,
            occurred_at=at,
            place=line.areaName or line.location or None,
            description=line.context[:MAX_DESCRIPTION],
            exception=means.exception,
            fault=means.fault,
        )
        scans.append((scan, f"{number}/{at.isoformat()}/{line.statusCode or ''}/{line.context}", means))
    return scans


def _number_of(result: LastResult) -> str:
    try:
        return _TRACKING_NUMBER.validate_python(result.nu)
    except ValidationError:
        error = FieldError("/lastResult/nu", "is not a tracking number")
        raise Rejected(Reason.INVALID, "a track needs its number", [error]) from None


def _time_of(line: TrackLine, index: int, table: Table) -> datetime:
    try:
        return datetime.fromisoformat(f"{line.ftime or line.time or ''}{table.time_zone}").astimezone(UTC)
    except ValueError:
        error = FieldError(f"/lastResult/data/{index}/ftime", "is not a time")
        raise Rejected(Reason.INVALID, "a line of the track has no time", [error]) from None


def refusal(refused: Rejected) -> Mapping[str, object]:
    return {"result": False, "returnCode": str(refused.reason.status), "message": refused.reason.chinese}


ADAPTER = Adapter(verify, normalise, refusal=refusal)
