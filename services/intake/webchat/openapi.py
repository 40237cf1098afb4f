"""What the widget's routes take and answer, for the OpenAPI document (SY-7)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.intake.adapters.edge import Edge
from services.intake.webchat.message import ClientId, VisitorMessage
from shared.contracts.cases import CaseStatus
from shared.openapi import PROBLEM, Answer, Parameter, RouteDoc


class SessionWish(Edge):
    """`token`: the visitor's former one, so that he stays the same person."""

    token: str | None = Field(None, max_length=2000)


class SessionBegun(BaseModel):
    """`seconds`: how long the token is good. `open`: whether somebody is there to answer now."""

    token: str
    seconds: int
    open: bool


class FileTaken(BaseModel):
    receipt: str
    size: int
    content_type: str


class MessageTaken(BaseModel):
    id: str


class ProgressWish(Edge):
    """The ids of the messages that this browser sent, oldest first."""

    ids: tuple[ClientId, ...] = Field(max_length=500)


class ReplyShown(BaseModel):
    id: str
    at: datetime
    text: str


class CaseShown(BaseModel):
    """`message`: the id of the message that opened the case."""

    message: str
    number: str
    status: CaseStatus
    replies: list[ReplyShown]


class Progress(BaseModel):
    cases: list[CaseShown]
    open: bool


class Settings(BaseModel):
    """What the panel looks like. `hours` are those of `zone` (IANA)."""

    languages: list[Literal["zh", "en"]]
    title: dict[str, str]
    greeting: dict[str, str]
    colour: str
    hours: str
    zone: str
    days: list[int]
    file_limit_bytes: int
    open: bool


_BEARER = Parameter("Authorization", "Bearer and the session's token", where="header", required=True)
_REFUSED = {
    status: Answer(meaning, None, PROBLEM)
    for status, meaning in (
        (401, "The session is over: begin a new one"),
        (403, "The page's origin is not among those that may embed the widget"),
        (404, "There is no such widget"),
        (413, "Too large"),
        (415, "Not a content type, or not a kind of file, that is taken"),
        (422, "Fields are missing or wrong"),
        (429, "Too often, with Retry-After"),
        (503, "Too much is waiting, with Retry-After; nothing was taken"),
    )
}
ROUTES: tuple[RouteDoc, ...] = (
    RouteDoc(
        "/web/{gateway}",
        "GET",
        "Leads to the page, with its slash",
        responses={308: Answer("There"), 404: _REFUSED[404]},
    ),
    RouteDoc(
        "/web/{gateway}/",
        "GET",
        "The widget as a page of its own",
        responses={200: Answer("The page", None, "text/html"), 404: _REFUSED[404]},
    ),
    RouteDoc(
        "/web/{gateway}/widget.js",
        "GET",
        "What a shop embeds",
        responses={200: Answer("The script", None, "text/javascript"), 404: _REFUSED[404]},
    ),
    RouteDoc(
        "/web/{gateway}/settings",
        "GET",
        "How the panel looks, and whether somebody is there",
        responses={200: Answer("The settings", Settings), **_REFUSED},
    ),
    RouteDoc(
        "/web/{gateway}/session",
        "POST",
        "A token for a visitor, bound to this gateway and the page's origin",
        SessionWish,
        {200: Answer("The token", SessionBegun), **_REFUSED},
    ),
    RouteDoc(
        "/web/{gateway}/messages",
        "POST",
        "A message or a form; the same id again is the same message",
        VisitorMessage,
        {202: Answer("Kafka has it (acks=all)", MessageTaken), **_REFUSED},
        parameters=(_BEARER,),
    ),
    RouteDoc(
        "/web/{gateway}/files",
        "POST",
        "One file as the body; its receipt goes into a message",
        responses={201: Answer("Stored", FileTaken), **_REFUSED},
        parameters=(_BEARER,),
    ),
    RouteDoc(
        "/web/{gateway}/progress",
        "POST",
        "Number, stage and replies of the cases that these messages opened",
        ProgressWish,
        {200: Answer("The cases", Progress), **_REFUSED},
        parameters=(_BEARER,),
    ),
)
