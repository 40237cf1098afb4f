"""Renders a notice of the example case: `python -m services.notify.preview decided zh [--html out.html]` (NO-8)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services.notify.example import START, Way, event_of, story
from services.notify.links import Links
from services.notify.plan import Planner, decide
from services.notify.ruleset import load_rules
from services.notify.templates import load_templates
from services.notify.view import View
from shared.contracts.base import Language
from shared.contracts.notices import NoticeKind, NoticeRequested
from shared.messaging.message import Incoming

EXAMPLE_LINKS = Links("https://service.parcelcare.example", b"an example key, for previews only")


def incoming(event: Any, place: int = 0) -> Incoming[Any]:
    """The event as if it came from its topic."""
    return Incoming(
        id=f"example-{place}",
        type="example",
        event=event,
        key="example",
        time=event.at,
        topic="example",
        partition=0,
        offset=place,
        timestamp_ms=0,
    )


def preview(planner: Planner, kind: NoticeKind, language: Language, way: Way = "email") -> NoticeRequested:
    """The notice of `kind` as the example's customer would get it."""
    target = event_of(kind, language, way)
    view: View | None = None
    events = list(story(language, way))
    if target not in events:
        # What the example's customer was never asked: after the case was opened.
        events = [events[0], target]
    for place, event in enumerate(events):
        decision = decide(view, incoming(event, place), planner, START)
        view = decision.state or view
        if event == target:
            return NoticeRequested.model_validate_json(decision.messages[0].value)
    raise LookupError(f"the example has no notice of kind {kind}")


def html(planner: Planner, notice: NoticeRequested) -> str:
    """Its HTML part. Raises jinja2.UndefinedError, where a customer would get the text alone."""
    return planner.templates.html(notice.kind, notice.letter.reveal()) if notice.letter else ""


def check_templates(planner: Planner) -> None:
    """Renders every template once, so that a wrong attribute stops the start and not a customer's notice."""
    for kind in NoticeKind:
        for language in ("zh", "en"):
            html(planner, preview(planner, kind, language))


def main(
    kind: NoticeKind,
    language: Annotated[str, typer.Argument(metavar="zh|en")] = "zh",
    page: Annotated[Path | None, typer.Option("--html", help="write the HTML part to this file")] = None,
) -> None:
    """Print a notice's subject and text; with --html, write its HTML part."""
    if language not in ("zh", "en"):
        raise typer.BadParameter("zh or en", param_hint="language")
    planner = Planner(load_rules(datetime.now(UTC).date()), load_templates(), EXAMPLE_LINKS)
    notice = preview(planner, kind, "en" if language == "en" else "zh")
    typer.echo(f"{notice.subject.reveal()}\n{'=' * 60}\n{notice.text.reveal()}")
    if page is not None:
        page.write_text(html(planner, notice), "utf-8")
        typer.echo(f"HTML part: {page}")


if __name__ == "__main__":
    typer.run(main)
