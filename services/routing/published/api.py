"""The playbook for customers: JSON by language, one sentence for menus and announcements, and a page (RO-10)."""

from collections.abc import Sequence

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from services.routing.pages import PUBLIC, Pages, language_of
from services.routing.playbook import Book, Entry
from shared.contracts.parcels import Node
from shared.openapi import HTML, JSON, PROBLEM, Answer, Parameter, RouteDoc
from shared.web import Problem

TEXT = "text/plain"
FORMATS = ("json", "speech")


class Advice(BaseModel):
    """What a customer is told of one symptom. Steps inside the company are not part of it."""

    symptom: str
    title: str
    question: str
    answer: str
    who: str = Field(description="who acts next")
    contact: str = Field(description="whom to ask for there")
    hours: int
    business_hours: bool
    time: str = Field(description="the same in words")
    next: str | None = Field(description="the node that comes next; null: the way ends here")
    source: str
    speech: str


class NodeAdvice(BaseModel):
    node: str
    title: str
    number: int = Field(description="1 to 12; 0: any node")
    advice: tuple[Advice, ...]


class Playbook(BaseModel):
    version: str
    language: str
    nodes: tuple[NodeAdvice, ...]
    general: NodeAdvice


def routes(book: Book, pages: Pages) -> list[BaseRoute]:
    async def whole(request: Request) -> Response:
        language = _language(request)
        if _format(request) == "speech":
            return _spoken(book, [entry for node in Node for entry in book.at(node)], language)
        return _json(published(book, language), language)

    async def one(request: Request) -> Response:
        language, node = _language(request), _node(request.path_params["node"])
        entries = _chosen(book, node, request.query_params.get("symptom"))
        if _format(request) == "speech":
            return _spoken(book, entries, language)
        return _json(_section(book, node, entries, language), language)

    async def page(request: Request) -> Response:
        language = language_of(request)
        shown = published(book, language)
        html = pages.render("playbook.html.j2", language, book=shown, sections=(*shown.nodes, shown.general))
        return Response(html, headers={**PUBLIC, "Vary": "Accept-Language"}, media_type=HTML)

    return [
        Route("/v1/playbook", whole, methods=["GET"]),
        Route("/v1/playbook/{node}", one, methods=["GET"]),
        Route("/playbook", page, methods=["GET"]),
    ]


def published(book: Book, language: str) -> Playbook:
    return Playbook(
        version=book.version,
        language=language,
        nodes=tuple(_section(book, node, book.at(node), language) for node in Node),
        general=_section(book, None, book.general(), language),
    )


def _section(book: Book, node: Node | None, entries: Sequence[Entry], language: str) -> NodeAdvice:
    return NodeAdvice(
        node=node.value if node else "any",
        title=book.nodes[node][language] if node else {"zh": "任何环节", "en": "Any stage"}[language],
        number=list(Node).index(node) + 1 if node else 0,
        advice=tuple(_advice(book, entry, node, language) for entry in entries),
    )


def _advice(book: Book, entry: Entry, node: Node | None, language: str) -> Advice:
    return Advice(
        symptom=entry.symptom,
        title=book.symptoms[entry.symptom].title[language],
        question=entry.question[language],
        answer=book.answer(entry, language, node),
        who=entry.who(language),
        contact=(entry.partner or entry.department).contact[language],
        hours=entry.hours,
        business_hours=entry.business,
        time=entry.time(language),
        next=book.nodes[entry.next][language] if entry.next else None,
        source=entry.basis[language],
        speech=book.speech(entry, language),
    )


def _chosen(book: Book, node: Node, symptom: str | None) -> Sequence[Entry]:
    """All of the node; with `symptom`, the one that the fall-back chain gives."""
    if symptom is None:
        return book.at(node)
    if symptom not in book.symptoms:
        raise Problem(404, "No such symptom", f"One of {', '.join(book.symptoms)}.")
    return [book.advice(node, symptom)]


def _node(text: str) -> Node:
    try:
        return Node(text)
    except ValueError as error:
        raise Problem(404, "No such node", f"One of {', '.join(Node)}.") from error


def _language(request: Request) -> str:
    wanted = request.query_params.get("language")
    if wanted is not None and wanted not in ("zh", "en"):
        raise Problem(400, "language is not valid", "zh or en.")
    return language_of(request)


def _format(request: Request) -> str:
    wanted = request.query_params.get("format", "json")
    if wanted not in FORMATS:
        raise Problem(400, "format is not valid", f"One of {', '.join(FORMATS)}.")
    return wanted


def _json(model: BaseModel, language: str) -> Response:
    return Response(model.model_dump_json(), headers=_headers(language), media_type=JSON)


def _spoken(book: Book, entries: Sequence[Entry], language: str) -> Response:
    lines = [book.speech(entry, language) for entry in entries]
    return PlainTextResponse("\n".join(lines) + "\n", headers=_headers(language))


def _headers(language: str) -> dict[str, str]:
    return {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": PUBLIC["Cache-Control"]}


_PARAMETERS = (
    Parameter("language", "zh or en; default: by Accept-Language", schema={"enum": ["zh", "en"]}),
    Parameter("format", "speech: one sentence a line, for a menu or an announcement", schema={"enum": list(FORMATS)}),
)
_BAD = {400: Answer("language or format is not one of these", content_type=PROBLEM)}

ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        "/v1/playbook",
        "GET",
        "The playbook of the 12 nodes: who is next, how long it takes",
        responses={200: Answer("every node with its symptoms", Playbook), **_BAD},
        parameters=_PARAMETERS,
    ),
    RouteDoc(
        "/v1/playbook/{node}",
        "GET",
        "One node of the playbook",
        responses={
            200: Answer("its symptoms", NodeAdvice),
            **_BAD,
            404: Answer("no such node or symptom; the detail lists them", content_type=PROBLEM),
        },
        parameters=(*_PARAMETERS, Parameter("symptom", "only this one, by the fall-back chain")),
    ),
    RouteDoc(
        "/playbook",
        "GET",
        "The playbook as a page for customers",
        responses={200: Answer("the page, in Chinese or English", content_type=HTML)},
        parameters=_PARAMETERS[:1],
    ),
)
