"""Where visitors' browsers come in: assets, sessions, files, messages and progress; translation only (IN-1, IN-8)."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from services.intake.adapters.contact import interaction_id_of
from services.intake.adapters.edge import media_type, read_json
from services.intake.api import answer_of, problem
from services.intake.credentials import Credentials
from services.intake.delivery import Delivery, Reason, Rejected
from services.intake.gateways import Gateway
from services.intake.handlers import Reception
from services.intake.objects.faults import ObjectFault, StoreUnavailable, TooLarge, TypeRefused
from services.intake.objects.store import ObjectStore
from services.intake.webchat.limits import Limits, network_of
from services.intake.webchat.message import cause_of, session_in
from services.intake.webchat.openapi import (
    ROUTES,
    CaseShown,
    FileTaken,
    Progress,
    ProgressWish,
    ReplyShown,
    SessionBegun,
    SessionWish,
    Settings,
)
from services.intake.webchat.seals import Receipt, SealBroken, Session, seal, session_of
from services.intake.webchat.store import ThreadStore, ThreadsUnavailable
from services.intake.webchat.widget import Widget
from shared.web import Problem, read_body

__all__ = ["ROUTES", "WidgetApi"]

WEB_DIR = Path(__file__).parent / "web"
SCRIPT, STYLE = "text/javascript", "text/css"
ASSETS = {
    "widget.js": SCRIPT,
    "page.js": SCRIPT,
    "panel.js": SCRIPT,
    "forms.js": SCRIPT,
    "wire.js": SCRIPT,
    "outbox.js": SCRIPT,
    "words.js": SCRIPT,
    "panel.css": STYLE,
    "page.css": STYLE,
}
ASSET_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "public, max-age=300",
}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-cache",
}
RECEIPT_LASTS = timedelta(hours=24)
SMALL_BODY = 32 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a page: the widget, and the origin of the page."""

    request: Request
    gateway: Gateway
    widget: Widget
    origin: str
    secret: str

    def delivery(self, body: bytes, now: datetime) -> Delivery:
        headers = dict(self.request.headers) | {"origin": self.origin}
        return Delivery(self.gateway, headers, body, received_at=now, arrived_at=datetime.now(UTC))


Answering = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class WidgetApi:
    widgets: Mapping[str, Gateway]
    credentials: Credentials
    reception: Reception
    objects: ObjectStore
    threads: ThreadStore
    limits: Limits
    now: Callable[[], datetime]
    new_handle: Callable[[], str]
    public_url: str = ""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/web/{gateway}", self.redirect, methods=["GET"]),
            Route("/web/{gateway}/", self.page, methods=["GET"]),
            self._route("settings", "GET", self.settings),
            self._route("session", "POST", self.session),
            self._route("messages", "POST", self.message),
            self._route("files", "POST", self.file),
            self._route("progress", "POST", self.progress),
            Route("/web/{gateway}/{asset}", self.asset, methods=["GET"]),
        ]

    def _route(self, name: str, method: str, answering: Answering) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._answered(request, answering)

        return Route(f"/web/{{gateway}}/{name}", endpoint, methods=[method, "OPTIONS"])

    async def _answered(self, request: Request, answering: Answering) -> Response:
        """What the answer says is for pages of allowed origins only, refusals included."""
        gateway = self._gateway(request)
        call = self._call(request, gateway)
        if not self._allowed(call):
            refusal = Rejected(Reason.ORIGIN, "its origin is not among those of this widget")
            raise problem(refusal, request.headers, gateway)
        if request.method == "OPTIONS":
            return Response(None, 204, _cors(call, preflight=True))
        try:
            self.limits.count(f"{gateway.name}/{network_of(_address(request))}", call.widget.address_rate)
            response = await answering(call)
        except Rejected as refusal:
            response = problem(refusal, request.headers, gateway).response()
        response.headers.update(_cors(call))
        return response

    def _gateway(self, request: Request) -> Gateway:
        gateway = self.widgets.get(f"/web/{request.path_params['gateway']}")
        if gateway is None:
            refusal = Rejected(Reason.UNKNOWN_GATEWAY, "its path is not among those of this installation")
            raise problem(refusal, request.headers, None)
        return gateway

    def _call(self, request: Request, gateway: Gateway) -> Call:
        """A page of our own does not name its origin where it only reads."""
        assert gateway.widget is not None, "a gateway of this kind has one"
        secret = self.credentials.of(gateway).hmac_secret or ""
        return Call(request, gateway, gateway.widget, request.headers.get("origin") or self._own(request), secret)

    def _own(self, request: Request) -> str:
        return self.public_url or f"{request.url.scheme}://{request.url.netloc}"

    def _allowed(self, call: Call) -> bool:
        return call.origin in call.widget.origins or call.origin == self._own(call.request)

    async def settings(self, call: Call) -> Response:
        widget = call.widget
        return _json(
            Settings(
                languages=list(widget.languages),
                title={str(k): v for k, v in widget.title.items()},
                greeting={str(k): v for k, v in widget.greeting.items()},
                colour=widget.colour,
                hours=widget.hours.shown,
                zone=widget.hours.zone,
                days=list(widget.hours.days),
                file_limit_bytes=widget.file_limit_bytes,
                open=widget.hours.open_at(self.now()),
            )
        )

    async def session(self, call: Call) -> Response:
        """A new visitor, or the same one for another while."""
        wish = read_json(SessionWish, await _read(call.request, SMALL_BODY))
        seconds, now = call.widget.session_minutes * 60, datetime.now(UTC)
        session = Session(
            gateway=call.gateway.name,
            visitor=self._known(call, wish, now) or self.new_handle(),
            until=int(now.timestamp()) + seconds,
            origin=call.origin,
        )
        is_open = call.widget.hours.open_at(self.now())
        return _json(SessionBegun(token=seal(session, call.secret), seconds=seconds, open=is_open))

    def _known(self, call: Call, wish: SessionWish, now: datetime) -> str | None:
        grace = timedelta(days=call.widget.remember_days)
        try:
            former = session_of(wish.token or "", call.secret, call.gateway.name, call.origin, now, grace)
        except SealBroken:
            return None
        return former.visitor

    async def message(self, call: Call) -> Response:
        with self.reception.admission.room(call.gateway.body_limit_bytes):
            body = await _read(call.request, call.gateway.body_limit_bytes)
            delivery = call.delivery(body, self.now())
            self._count(call, session_in(delivery, call.secret))
            return answer_of(await self.reception.receive(delivery))

    async def file(self, call: Call) -> Response:
        """Streamed into the object store; nothing is kept of what is too large or of a kind that is not taken."""
        session = self._session(call)
        declared = media_type(call.request.headers) or None
        limit = call.widget.file_limit_bytes
        length = call.request.headers.get("content-length", "")
        if length.isascii() and length.isdecimal() and (len(length) > 12 or int(length) > limit):
            raise Rejected(Reason.TOO_LARGE, f"the file is larger than {limit:,} bytes")
        try:
            kept = await self.objects.put(call.request.stream(), declared_type=declared, limit_bytes=limit)
        except ClientDisconnect:
            raise Rejected(Reason.MALFORMED, "the connection ended before the file did") from None
        except StoreUnavailable as error:
            raise self.reception.admission.overloaded(str(error)) from error
        except ObjectFault as fault:
            raise Rejected(_reason(fault), str(fault)) from fault
        receipt = Receipt(
            gateway=call.gateway.name,
            visitor=session.visitor,
            until=int((datetime.now(UTC) + RECEIPT_LASTS).timestamp()),
            sha256=kept.sha256,
            size=kept.size,
            content_type=kept.content_type,
        )
        return _json(FileTaken(receipt=seal(receipt, call.secret), size=kept.size, content_type=kept.content_type), 201)

    async def progress(self, call: Call) -> Response:
        """Only of cases that this visitor's own messages opened."""
        session = self._session(call)
        wish = read_json(ProgressWish, await _read(call.request, SMALL_BODY))
        written = {interaction_id_of(cause_of(session, client_id)): client_id for client_id in wish.ids}
        try:
            threads = await self.threads.opened_by(list(written)) if written else []
        except ThreadsUnavailable as error:
            raise self.reception.admission.overloaded("the database does not answer") from error
        cases = [
            CaseShown(
                message=written[thread.opened_by],
                number=thread.number,
                status=thread.status,
                replies=[
                    ReplyShown(id=f"{thread.number}/{r.place[0]}.{r.place[1]}", at=r.at, text=r.text)
                    for r in thread.replies_to(written)
                ],
            )
            for thread in threads
            if thread.opened_by is not None
        ]
        return _json(Progress(cases=cases, open=call.widget.hours.open_at(self.now())))

    def _session(self, call: Call) -> Session:
        session = session_in(call.delivery(b"", self.now()), call.secret)
        self._count(call, session)
        return session

    def _count(self, call: Call, session: Session) -> None:
        self.limits.count(f"{call.gateway.name}/{session.visitor}", call.widget.session_rate)

    async def redirect(self, request: Request) -> Response:
        """With the slash at its end, so that the page finds its files."""
        return RedirectResponse(f"{self._gateway(request).path}/", 308)

    async def page(self, request: Request) -> Response:
        self._gateway(request)
        return Response(_content("page.html"), headers=PAGE_HEADERS, media_type="text/html")

    async def asset(self, request: Request) -> Response:
        self._gateway(request)
        name = request.path_params["asset"]
        if name not in ASSETS:
            raise Problem(404, "There is no such file")
        content = _content(name)
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = ASSET_HEADERS | {"ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(None, 304, headers)
        return Response(content, headers=headers, media_type=ASSETS[name])


@cache
def _content(name: str) -> bytes:
    return (WEB_DIR / name).read_bytes()


def _json(value: BaseModel, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(value.model_dump_json(), status, headers, media_type="application/json")


async def _read(request: Request, limit: int) -> bytes:
    try:
        return await read_body(request, limit)
    except Problem as error:
        reason = Reason.TOO_LARGE if error.status == Reason.TOO_LARGE.status else Reason.MALFORMED
        raise Rejected(reason, error.detail) from None


def _reason(fault: ObjectFault) -> Reason:
    if isinstance(fault, TooLarge):
        return Reason.TOO_LARGE
    return Reason.MEDIA_TYPE if isinstance(fault, TypeRefused) else Reason.INVALID


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _cors(call: Call, preflight: bool = False) -> dict[str, str]:
    headers = {"Access-Control-Allow-Origin": call.origin, "Vary": "Origin"}
    if preflight:
        headers |= {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "authorization, content-type, accept-language",
            "Access-Control-Max-Age": "600",
        }
    return headers | {"Access-Control-Expose-Headers": "Retry-After"}
