"""Events and planners for the unit tests of notify."""

from typing import Any

from hypothesis import strategies as st

from services.notify.changes import Event
from services.notify.example import START, story
from services.notify.links import Links
from services.notify.plan import Planner, decide
from services.notify.ruleset import Rules, load_rules
from services.notify.templates import load_templates
from services.notify.view import View
from shared.contracts import cases, claims
from shared.contracts.cases import CaseChanged
from shared.contracts.media import MediaFault, MediaKind
from shared.contracts.notices import NoticeRequested
from shared.messaging.handler import Decision
from shared.messaging.message import Incoming

RULES: Rules = load_rules(START.date())
LINKS = Links("https://service.example", b"a key of thirty-two characters or more")
PLANNER = Planner(RULES, load_templates(), LINKS)
STORY = tuple(story("zh"))


def incoming(event: Any) -> Incoming[Any]:
    """As it comes from its topic: the id belongs to the change-set."""
    if isinstance(event, CaseChanged):
        key, version = event.case.case_id, event.case.version
    else:
        key, version = event.claim.claim_id, event.claim.version
    return Incoming(
        id=f"{key}#{version}",
        type="x",
        event=event,
        key=key,
        time=event.at,
        topic="x",
        partition=0,
        offset=version,
        timestamp_ms=0,
    )


def plan(event: Event, view: View | None = None) -> Decision[View]:
    return decide(view, incoming(event), PLANNER, START)


def notice(decision: Decision[View]) -> NoticeRequested:
    (message,) = decision.messages
    return NoticeRequested.model_validate_json(message.value)


def changed(*changes: cases.Change, language: Any = "zh", way: Any = "email", **fields: Any) -> CaseChanged:
    """A change-set of the example's case in its second version."""
    event = next(e for e in story(language, way) if isinstance(e, CaseChanged) and e.case.version == 2)
    case = event.case.model_copy(update=fields)
    return event.model_copy(update={"changes": changes, "case": case})


def claim_changed(*changes: claims.ClaimChange, version: int = 4, **fields: Any) -> claims.ClaimChanged:
    """A change-set of the example's claim."""
    found = [e for e in STORY if isinstance(e, claims.ClaimChanged) and e.claim.version == version]
    claim = found[0].claim.model_copy(update=fields)
    return found[0].model_copy(update={"changes": changes, "claim": claim})


clocks = st.builds(
    cases.ClockChanged,
    clock=st.sampled_from(cases.ClockKind),
    change=st.sampled_from(["started", "warned", "paused", "resumed", "breached", "met"]),
)
case_changes = st.one_of(
    clocks,
    st.just(cases.Classified()),
    st.just(cases.Assigned(agent="a1", group="claims")),
    st.just(cases.Escalated(level=1, role="lead", reason="late")),
    st.just(cases.Resolved(by="a1")),
    st.just(cases.Reopened()),
    st.builds(cases.ParcelUpdated, cleared=st.booleans()),
    st.builds(
        cases.MediaMissing,
        interaction_id=st.just("i1"),
        ref=st.just("media:wechat/1"),
        kind=st.sampled_from(MediaKind),
        fault=st.sampled_from(MediaFault),
    ),
)
