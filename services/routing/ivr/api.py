"""The telephone menu over HTTP: plain JSON, TwiML, VoiceXML; Twilio's requests by their signature (RO-10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.routing.ivr import twiml, vxml
from services.routing.ivr.turns import Ivr, Place, Spoken
from services.routing.pages import language_of
from shared.contracts.parcels import Node
from shared.openapi import JSON, PROBLEM, Answer, Parameter, RouteDoc
from shared.security.twilio_signature import MAX_FIELDS, is_valid_form
from shared.web import Problem, read_body

PATH = "/v1/ivr/playbook"
FORMATS = ("json", "twiml", "vxml")
BODY_LIMIT = 64 * 1024
TOKEN_FILE = "twilio_ivr.token"  # noqa: S105 a name
SHORTEST_TOKEN = 16


class SpokenChoice(BaseModel):
    digits: str
    words: str
    node: str | None = Field(description="null: back to the beginning")
    symptom: str | None


class SpokenTurn(BaseModel):
    """One turn of the menu; without choices it is the answer."""

    version: str = Field(description="of the playbook")
    language: str
    node: str | None
    symptom: str | None
    sentences: tuple[str, ...] = Field(description="to be spoken one after the other; figures are in words")
    digits: int = Field(description="how many digits a choice has; 0: there is none")
    choices: tuple[SpokenChoice, ...]


@dataclass(frozen=True, slots=True)
class IvrApi:
    """`public_url`: as platforms reach us. With a `token`, TwiML is given to requests alone that are signed with it."""

    ivr: Ivr
    public_url: str
    token: str | None = field(default=None, repr=False)

    def routes(self) -> list[BaseRoute]:
        return [Route(PATH, self.turn, methods=["GET", "POST"])]

    async def turn(self, request: Request) -> Response:
        asked = dict(request.query_params)
        wanted = _one_of("format", asked.get("format", "json"), FORMATS)
        form = await _form(request)
        if wanted == "twiml":
            self._must_be_signed(request, form)
        language = language_of(request)
        if "language" in asked:
            _one_of("language", asked["language"], ("zh", "en"))
        pressed = form["Digits"][-1] if form.get("Digits") else asked.get("Digits")
        spoken = self.ivr.spoken(self._place(asked), language, pressed)
        headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}

        def address(place: Place) -> str:
            return self._address({"format": wanted, "language": language, **place.query()})

        if wanted == "twiml":
            return Response(twiml.write(spoken, address), headers=headers, media_type=twiml.MEDIA_TYPE)
        if wanted == "vxml":
            return Response(vxml.write(spoken, address), headers=headers, media_type=vxml.MEDIA_TYPE)
        shown = _turn(spoken, self.ivr.book.version)
        return Response(shown.model_dump_json(), headers=headers, media_type=JSON)

    def _place(self, asked: Mapping[str, str]) -> Place:
        node, symptom = asked.get("node") or None, asked.get("symptom") or None
        if node is None and symptom is not None:
            raise Problem(400, "node is missing", "A symptom is one of a node.")
        if symptom is not None:
            _one_of("symptom", symptom, tuple(self.ivr.book.symptoms))
        return Place(Node(_one_of("node", node, tuple(Node))) if node else None, symptom)

    def _address(self, query: Mapping[str, str]) -> str:
        return f"{self.public_url}{PATH}?{urlencode(query)}"

    def _must_be_signed(self, request: Request, form: Mapping[str, list[str]]) -> None:
        """Over the address as Twilio knows it and the form; raises `Problem` 401."""
        if self.token is None:
            return
        query = request.scope["query_string"].decode("latin-1")  # any bytes: whoever sends others has not signed them
        url = f"{self.public_url}{request.scope['path']}{'?' if query else ''}{query}"
        signature = request.headers.get("x-twilio-signature", "")
        if not signature or not is_valid_form(self.token, url, form, signature):
            raise Problem(401, "Not signed", "X-Twilio-Signature is not that of this address, token and form.")


def load_token(secrets_dir: Path) -> str | None:
    """The account's auth token, in {secrets_dir}/twilio_ivr.token; None where there is no such file.

    Raises `ValueError` where the file holds none.
    """
    try:
        token = (secrets_dir / TOKEN_FILE).read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    if len(token) < SHORTEST_TOKEN:
        raise ValueError(f"{TOKEN_FILE}: at least {SHORTEST_TOKEN} characters are needed; remove it to check nothing")
    return token


async def _form(request: Request) -> dict[str, list[str]]:
    """The fields of a POST; of a GET none. Raises `Problem` 400 or 413."""
    found: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            text = (await read_body(request, BODY_LIMIT)).decode("utf-8")
            for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS):
                found.setdefault(name, []).append(value)
        except ValueError as error:
            raise Problem(400, "Not a form", "The body must be a form in UTF-8.") from error
    return found


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Problem(400, f"{name} is not valid", f"One of {', '.join(allowed)}.")
    return value


def _turn(spoken: Spoken, version: str) -> SpokenTurn:
    node = spoken.place.node
    choices = tuple(
        SpokenChoice(
            digits=choice.digits,
            words=choice.words,
            node=choice.place.node.value if choice.place.node else None,
            symptom=choice.place.symptom,
        )
        for choice in spoken.choices
    )
    return SpokenTurn(
        version=version,
        language=spoken.language,
        node=node.value if node else None,
        symptom=spoken.place.symptom,
        sentences=spoken.sentences,
        digits=spoken.digits,
        choices=choices,
    )


_PARAMETERS = (
    Parameter("format", "json, twiml or vxml; default: json", schema={"enum": list(FORMATS)}),
    Parameter("language", "zh or en; default: by Accept-Language", schema={"enum": ["zh", "en"]}),
    Parameter("node", "where the parcel is; without it, the menu of the nodes"),
    Parameter("symptom", "what happened there; without it, the menu of the node"),
    Parameter("Digits", "what was pressed in the menu of this address"),
)
_RESPONSES = {
    200: Answer("what to say, and what may be pressed", SpokenTurn),
    400: Answer("a parameter is not one of those that there are", content_type=PROBLEM),
    401: Answer("TwiML: the signature is not Twilio's", content_type=PROBLEM),
}
ROUTES: tuple[RouteDoc, ...] = tuple(
    RouteDoc(
        path=PATH,
        method=method,
        summary=f"A turn of the telephone menu{how}: who is next, how long it takes",
        responses=_RESPONSES,
        parameters=_PARAMETERS,
    )
    for method, how in (("GET", ""), ("POST", ", digits as a form"))
)
