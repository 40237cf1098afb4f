"""Kuaidi100 (快递100) push: form fields `param` and `sign`, each line of the track a scan with an id of its own."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from services.intake.adapters.edge import Edge, read_json, require_media_type
from services.intake.adapters.form import form_fields
from services.intake.adapters.status_table import Table, meaning, table
from services.intake.adapters.track import MAX_DESCRIPTION, Scanned, accept_scans, digest, instant, tracking_number
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Delivery, FieldError, Reason, Rejected, Verified
from shared.contracts.parcels import ParcelScan
from shared.security.identity import IdentityKey

TAKEN: Mapping[str, object] = {"result": True, "returnCode": "200", "message": "成功"}
MAX_FIELDS = 20
MAX_REASON = 60
CORRECTED = "1"

Clock = Annotated[str, StringConstraints(pattern=r"^20\d\d-[01]\d-[0-3]\d [0-2]\d:[0-5]\d(:[0-5]\d)?$")]
Digits = Annotated[str, StringConstraints(max_length=10)]
CarrierCode = Annotated[str, Field(max_length=40)]


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
    com: CarrierCode
    state: Digits | None = None
    data: Annotated[tuple[TrackLine, ...], Field(max_length=500)] | None = None


class Kuaidi100Push(Edge):
    """The field `param`.

    status: polling 监控中, shutdown 结束, abort 中止 (3 days without a record, or 60 without a change), updateall
    重新推送. With autoCheck "1" the carrier was wrong (comOld) and monitoring goes on with another one (comNew).
    destResult is the track in the country of destination (国际件).
    """

    status: Annotated[str, Field(max_length=20)]
    message: Annotated[str, Field(max_length=500)] | None = None
    autoCheck: Digits | None = None
    comOld: CarrierCode | None = None
    comNew: CarrierCode | None = None
    lastResult: LastResult | None = None
    destResult: LastResult | None = None

    @property
    def carrier(self) -> str | None:
        return self.comNew if self.autoCheck == CORRECTED and self.comNew else None


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
    param = form.param.encode()
    return Verified(f"gateway/{delivery.gateway.name}/{digest(param)}", param)


def _form(body: bytes) -> Kuaidi100Form:
    try:
        pairs = form_fields(body, MAX_FIELDS)
    except ValueError:
        raise Rejected(Reason.MALFORMED, "the body is not a form in UTF-8 (param, sign)") from None
    fields = dict(pairs)
    missing = [FieldError(f"/{name}", "is missing") for name in ("param", "sign") if not fields.get(name)]
    if missing:
        raise Rejected(Reason.INVALID, "the form needs param and sign", missing)
    return Kuaidi100Form(param=fields["param"], sign=fields["sign"])


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    push = read_json(Kuaidi100Push, verified.payload)
    return accept_scans(delivery, verified, scans_of_push(push, table("kuaidi100")), TAKEN, 200, _nothing(push))


def _nothing(push: Kuaidi100Push) -> str:
    """Why a push without a track came: that monitoring ended is no scan, for the parcel did not move."""
    said = f": {push.message[:MAX_REASON]}" if push.message else ""
    return f"push without a track ({push.status}{said})"


def scans_of_push(push: Kuaidi100Push, table: Table) -> list[Scanned]:
    """The track at home, then that in the country of destination; the latter may do without the number."""
    home, abroad = push.lastResult, push.destResult
    found = scans_of(home, table, push.carrier) if home is not None else []
    if abroad is not None:
        numbered = abroad.model_copy(update={"nu": home.nu}) if home is not None and not abroad.nu else abroad
        found += scans_of(numbered, table, place="destResult")
    return found


def scans_of(result: LastResult, table: Table, carrier: str | None = None, place: str = "lastResult") -> list[Scanned]:
    """The lines as scans, oldest first, each with what it follows from: number, time, code and wording.

    A push repeats the lines of those before it: they have the same cause, so the same id. Raises `Rejected`.
    """
    if not result.data:
        return []
    number = tracking_number(result.nu, f"/{place}/nu")
    lines: Sequence[tuple[int, TrackLine]] = list(enumerate(result.data))
    company = carrier or result.com or "unknown"
    return [_scan(result, line, index, number, company, table, place) for index, line in reversed(lines)]


def _scan(
    result: LastResult, line: TrackLine, index: int, number: str, carrier: str, table: Table, place: str
) -> Scanned:
    at = instant(line.ftime or line.time or "", table.time_zone, f"/{place}/data/{index}/ftime")
    # Without status codes only the newest line's state is known: it is that of the whole track.
    code = line.statusCode or (result.state if index == 0 else None)
    means = meaning(table, code, line.context)
    scan = ParcelScan(
        tracking_number=number,
        carrier=carrier,
        node=means.node,
        occurred_at=at,
        place=line.areaName or line.location or None,
        description=line.context[:MAX_DESCRIPTION],
        exception=means.exception,
        fault=means.fault,
    )
    unknown = (means.unknown_code,) if means.unknown_code else ()
    return Scanned(scan, f"{number}/{at.isoformat()}/{line.statusCode or ''}/{line.context}", unknown)


def refusal(refused: Rejected) -> Mapping[str, object]:
    return {"result": False, "returnCode": str(refused.reason.status), "message": refused.reason.chinese}


ADAPTER = Adapter(verify, normalise, refusal=refusal)
