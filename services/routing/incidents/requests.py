"""What a person may ask of an incident over HTTP: the bodies, and the acts that they mean (RO-12)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import Field

from services.routing.acts import Actor
from services.routing.api import Body, NoBody, Words
from services.routing.incidents.cause import site_of
from services.routing.incidents.incident import Acknowledge, Act, Close, Estimate, LinkCase, Note, UnlinkCase
from shared.contracts.incidents import Cause, Review, Scope
from shared.contracts.parcels import ExceptionKind
from shared.contracts.personal import Personal
from shared.web import Problem


class OpenBody(Body):
    """The cause, from wide to narrow: only the kind is the whole network; a site, a carrier, both, or a region."""

    kind: ExceptionKind
    site: Words | None = None
    carrier: Words | None = None
    region: Words | None = Field(None, description="a region of incidents.yaml")
    delay_hours: int | None = Field(None, ge=0, le=24 * 30, description="default: the scope's")
    since_minutes: int = Field(60, ge=0, le=24 * 60, description="open cases of so many minutes are linked too")


class TextBody(Body):
    text: Words


class EstimateBody(Body):
    delay_hours: int = Field(ge=0, le=24 * 30)


class CaseBody(Body):
    case_id: Words


class ReviewBody(Body):
    cause: Words = Field(description="what it was")
    remedy: Words = Field(description="what was done")
    prevention: Words = Field(description="what is to change")


@dataclass(frozen=True, slots=True)
class ActRoute:
    body: type[Body]
    summary: str
    act: Callable[[Actor, Body], Act]


def _note(actor: Actor, body: Body) -> Act:
    assert isinstance(body, TextBody)
    return Note(actor, Personal(body.text))


def _estimate(actor: Actor, body: Body) -> Act:
    assert isinstance(body, EstimateBody)
    return Estimate(actor, body.delay_hours)


def _link(actor: Actor, body: Body) -> Act:
    assert isinstance(body, CaseBody)
    return LinkCase(actor, body.case_id)


def _unlink(actor: Actor, body: Body) -> Act:
    assert isinstance(body, CaseBody)
    return UnlinkCase(actor, body.case_id)


def _close(actor: Actor, body: Body) -> Act:
    assert isinstance(body, ReviewBody)
    said = (Personal(text) for text in (body.cause, body.remedy, body.prevention))
    return Close(actor, Review(**dict(zip(("cause", "remedy", "prevention"), said, strict=True))))


ACTS: Mapping[str, ActRoute] = {
    "acknowledge": ActRoute(NoBody, "The task force is at work: meets the joint clock", lambda a, _: Acknowledge(a)),
    "note": ActRoute(TextBody, "Note progress", _note),
    "estimate": ActRoute(EstimateBody, "Expect another delay, also of what is under it; customers are told", _estimate),
    "link": ActRoute(CaseBody, "Put an open case under it", _link),
    "unlink": ActRoute(CaseBody, "Take a case out: it has another cause", _unlink),
    "close": ActRoute(ReviewBody, "Close with a review; its customers are told", _close),
}


def cause_asked(body: OpenBody, regions: frozenset[str]) -> Cause:
    """The cause that the body names. Raises `Problem` 422 for a region that is unknown, or not alone."""
    if body.region is not None:
        if body.site is not None or body.carrier is not None or body.region not in regions:
            known = ", ".join(sorted(regions))
            raise Problem(422, "region is not valid", f"Alone, and one of {known}.")
        return Cause(scope=Scope.REGION, kind=body.kind, region=body.region)
    site = site_of(body.site) if body.site else None
    carrier = body.carrier.strip().lower() if body.carrier else None
    if site and carrier:
        return Cause(scope=Scope.CARRIER_SITE, kind=body.kind, site=site, carrier=carrier)
    if site:
        return Cause(scope=Scope.SITE, kind=body.kind, site=site)
    if carrier:
        return Cause(scope=Scope.CARRIER, kind=body.kind, carrier=carrier)
    return Cause(scope=Scope.SYSTEM, kind=body.kind)
