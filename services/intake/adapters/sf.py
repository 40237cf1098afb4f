"""SF Express (顺丰) route push: JSON, or a form with XML or JSON; each route a scan that has SF's own id."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationError

from services.intake.adapters.edge import Edge, read_json, rejected, require_media_type
from services.intake.adapters.form import form_fields
from services.intake.adapters.sf_signature import require_signed
from services.intake.adapters.sf_xml import routes_in
from services.intake.adapters.status_table import Table, meaning, table
from services.intake.adapters.track import (
    MAX_DESCRIPTION,
    MAX_PLACE,
    Scanned,
    accept_scans,
    digest,
    instant,
    tracking_number,
)
from services.intake.credentials import Credentials
from services.intake.delivery import Accepted, Adapter, Answer, Delivery, FieldError, Reason, Rejected, Verified
from shared.contracts.parcels import ParcelScan
from shared.security.identity import IdentityKey

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TAKEN: Mapping[str, object] = {"return_code": "0000", "return_msg": "成功"}
TAKEN_XML = Answer(b'<Response service="RoutePushService"><Head>OK</Head></Response>', "text/xml")
FAILED = "1000"
CARRIER = "shunfeng"
"""SF's name at Kuaidi100, so that a parcel has one carrier whoever pushes it."""

MAX_FIELDS = 20
CONTENT = ("content", "msgData")


def _written(value: object) -> object:
    """SF's samples write ids and codes now as a number, now as a text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Short = Annotated[str, StringConstraints(max_length=100), BeforeValidator(_written)]
OpCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{0,10}$"), BeforeValidator(_written)]


class Route(Edge):
    """A node of a waybill's route, in Beijing time. `id` names it for good: SF pushes no node twice, but retries."""

    mailno: Annotated[str, Field(max_length=60)]
    acceptTime: Annotated[str, Field(max_length=40)]
    opCode: OpCode = ""
    remark: Annotated[str, Field(max_length=4000)] | None = None
    acceptAddress: Annotated[str, Field(max_length=500)] | None = None
    reasonCode: Short | None = None
    reasonName: Annotated[str, Field(max_length=500)] | None = None
    id: Short | None = None
    orderid: Short | None = None


class RoutePushBody(Edge):
    routes: Annotated[tuple[Route, ...], Field(alias="WaybillRoute", max_length=500)] = ()


class RoutePush(Edge):
    """The body in JSON; SF sends at most ten routes at once."""

    Body: RoutePushBody


_ROUTES = TypeAdapter(tuple[Route, ...])


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    """SF signs the content: the body where it is JSON, else the form's field content (or msgData)."""
    kind = require_media_type(delivery.headers, JSON, FORM)
    fields = _form(delivery.body) if kind == FORM else {}
    content = next((fields[name] for name in CONTENT if fields.get(name)), "") if fields else _text(delivery.body)
    if not content.strip():
        raise Rejected(Reason.INVALID, "the form needs content", [FieldError("/content", "is missing")])
    require_signed(delivery, fields, content, credentials.of(delivery.gateway).check_word)
    payload = content.encode()
    return Verified(f"gateway/{delivery.gateway.name}/{digest(payload)}", payload)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected(Reason.MALFORMED, "the body is not UTF-8") from None


def _form(body: bytes) -> Mapping[str, str]:
    try:
        pairs = form_fields(body, MAX_FIELDS)
    except ValueError:
        raise Rejected(Reason.MALFORMED, "the body is not a form in UTF-8") from None
    return dict(pairs) or {"content": ""}


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    in_xml = verified.payload.lstrip()[:1] == b"<"
    routes = xml_routes(verified.payload) if in_xml else read_json(RoutePush, verified.payload).Body.routes
    answer = TAKEN_XML if in_xml else TAKEN
    return accept_scans(delivery, verified, scans_of(routes, table("sf")), answer, 200, nothing="push without a route")


def xml_routes(content: bytes) -> tuple[Route, ...]:
    """The routes of a push, or of the answer to a query (RouteService). Raises `Rejected`."""
    try:
        return _ROUTES.validate_python(routes_in(content))
    except ValidationError as error:
        raise rejected(error, prefix="/WaybillRoute") from None


def scans_of(routes: Sequence[Route], table: Table) -> list[Scanned]:
    """Raises `Rejected`."""
    return [_scan(route, index, table) for index, route in enumerate(routes)]


def _scan(route: Route, index: int, table: Table) -> Scanned:
    pointer = f"/Body/WaybillRoute/{index}"
    number = tracking_number(route.mailno, f"{pointer}/mailno")
    at = instant(route.acceptTime, table.time_zone, f"{pointer}/acceptTime")
    remark, reason = route.remark or "", route.reasonName or ""
    means = meaning(table, route.opCode or None, f"{remark}，{reason}" if reason else remark)
    scan = ParcelScan(
        tracking_number=number,
        carrier=CARRIER,
        node=means.node,
        occurred_at=at,
        place=(route.acceptAddress or "")[:MAX_PLACE] or None,
        description=remark[:MAX_DESCRIPTION] or None,
        exception=means.exception,
        fault=means.fault,
    )
    named = route.id or f"{at.isoformat()}/{route.opCode}/{remark}"
    return Scanned(scan, f"{number}/{named}", (means.unknown_code,) if means.unknown_code else ())


def refusal(refused: Rejected) -> Mapping[str, object]:
    return {"return_code": FAILED, "return_msg": refused.reason.chinese}


ADAPTER = Adapter(verify, normalise, refusal=refusal)
