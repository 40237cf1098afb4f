"""The view as it rests in the database: it comes back as it went, also from versions before, and never broken."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.notify.example import story
from services.notify.view import View, from_json, to_json
from shared.contracts.cases import CaseKind, CaseStatus
from shared.contracts.people import Channel
from tests.unit.notify.events import plan


@pytest.mark.req("NO-5")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_view_comes_back_as_it_went_after_each_event(language: Any) -> None:
    view: View | None = None
    for event in story(language):
        view = plan(event, view).state or view
        assert view is not None
        assert from_json(to_json(view)) == view
    assert view is not None
    assert view.claims
    assert view.case is not None
    assert view.case.track is not None
    assert len(view.timeline) > 8


@pytest.mark.req("NO-5", "SY-7")
def test_a_view_that_left_out_what_goes_without_saying_is_read() -> None:
    view = from_json(
        '{"case_id":"c1","number":"PC1","version":2,"reader":{"name":"周**"},"newer":1,'
        '"case":{"version":1,"kind":"complaint","tags":["attitude"],"status":"queued","group":"complaints",'
        '"channel":"web","origin":"contact","opened_at":"2026-11-25T19:49:13.180096Z",'
        '"updated_at":"2026-11-25T19:49:13.580329Z","promises":[{"kind":"first_response","state":"running",'
        '"due_at":"2026-11-25T19:49:43.180096Z"}]},"timeline":[{"of":"case#1","at":"2026-11-25T19:49:13.580329Z",'
        '"place":1,"row":"contact_added","facts":{"channel":"web"}},{"of":"case#1","at":"2026-11-25T19:49:13.580329Z",'
        '"row":"received","facts":{"kind":"complaint"},"told":"email"}]}'
    )
    assert view.case is not None
    assert (view.case.kind, view.case.status) == (CaseKind.COMPLAINT, CaseStatus.QUEUED)
    assert [entry.facts for entry in view.timeline] == [{"channel": Channel.WEB}, {"kind": CaseKind.COMPLAINT}]
    assert (view.timeline[0].place, view.timeline[0].told, view.reader.language) == (1, None, "zh")
    assert view.case.promises[0].due_at.utcoffset() is not None


@pytest.mark.parametrize("broken", ["", "[]", "{}", '{"case_id":"c","number":"n","case":{"version":"x"}}'])
def test_a_broken_view_is_refused(broken: str) -> None:
    with pytest.raises(ValidationError):
        from_json(broken)
