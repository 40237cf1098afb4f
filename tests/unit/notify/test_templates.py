"""Templates: files whose variables are checked when they are loaded, and what they render."""

import re
import shutil
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from pydantic import ValidationError
from structlog.testing import capture_logs
from typer.testing import CliRunner

from services.notify.preview import check_templates, preview
from services.notify.templates import PARTS, TEMPLATES_DIR, TemplateProblem, load_templates
from shared.contracts import cases
from shared.contracts.notices import Letter, NoticeKind, NoticeRequested
from shared.contracts.personal import Personal
from tests.unit.notify.events import PLANNER, changed, notice, plan


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TEMPLATES_DIR, tmp_path / "templates"))


@pytest.mark.req("NO-8")
@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("zh/paid.txt.j2", "{{ amonut }}", r"zh/paid\.txt\.j2: variable amonut is not declared"),
        ("zh/paid.txt.j2", "{{ summary }}", r"summary is not declared"),
        ("en/_layout.txt.j2", "{{ amount }}", r"en/_layout\.txt\.j2: variable amount is not declared"),
        ("en/stage.html.j2", "{% if %}", r"stage\.html\.j2: line 1"),
        ("en/stage.html.j2", "{% extends name %}", r"a template whose name is not fixed"),
        ("en/stage.html.j2", "{% extends 'no.j2' %}", r"no\.j2: TemplateNotFound"),
        ("en/stage.html.j2", None, r"en/stage\.html\.j2: TemplateNotFound"),
    ],
)
def test_a_wrong_template_stops_the_load(directory: Path, file: str, content: str | None, expected: str) -> None:
    if content is None:
        (directory / file).unlink()
    else:
        (directory / file).write_text(content, "utf-8")
    with pytest.raises(TemplateProblem, match=expected):
        load_templates(directory)


@pytest.mark.req("NO-8")
def test_a_wrong_attribute_is_found_before_the_first_customer(directory: Path) -> None:
    (directory / "en/paid.txt.j2").write_text("{{ amount.cents }}", "utf-8")
    planner = type(PLANNER)(PLANNER.rules, load_templates(directory), PLANNER.links)
    with pytest.raises(UndefinedError):
        check_templates(planner)


@pytest.mark.req("NO-8")
@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_renders_in_both_languages(kind: NoticeKind, language: str) -> None:
    shown = preview(PLANNER, kind, "en" if language == "en" else "zh")
    html = PLANNER.templates.html_of(shown)
    assert html is not None
    assert "\n" not in shown.subject.reveal()
    for text in (shown.text.reveal(), html):
        assert "PC7K2M9Q4D" in text
        assert "https://service.example/p/" in text
        assert "{{" not in text
        assert "None" not in text
    assert len(html.encode()) < 8000


@pytest.mark.req("NO-8", "SY-5")
def test_what_people_write_is_escaped_in_html_and_not_in_text() -> None:
    told = notice(plan(changed(cases.Replied(agent="a", text=Personal("<script>alert('x')</script> & so")))))
    html = PLANNER.templates.html_of(told)
    assert html is not None
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<script>alert('x')</script> & so" in told.text.reveal()


@pytest.mark.req("NO-8")
@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_template_put_together_renders_as_its_parts_do(kind: NoticeKind, language: str) -> None:
    shown = preview(PLANNER, kind, "en" if language == "en" else "zh")
    assert shown.letter is not None
    variables = PLANNER.templates.macros | dict(shown.letter.reveal())
    for part in PARTS:
        together = PLANNER.templates.compiled[language, kind, part]
        apart = together.environment.get_template(f"{language}/{kind}.{part}.j2").render(variables)
        assert "".join(together.root_render_func(together.new_context(variables, shared=True))) == apart


@pytest.mark.req("NO-8")
def test_a_template_may_build_on_the_block_that_it_replaces(directory: Path) -> None:
    (directory / "en/paid.txt.j2").write_text(
        '{% extends "en/_layout.txt.j2" %}{% block body %}{% set what = amount %}Paid: {{ what }}.{% endblock %}'
        "{% block next %}{{ super() }} Or call {{ hotline }}.{% endblock %}",
        "utf-8",
    )
    planner = type(PLANNER)(PLANNER.rules, load_templates(directory), PLANNER.links)
    text = preview(planner, NoticeKind.PAID, "en").text.reveal()
    assert "Paid: ¥1,299.00." in text
    assert re.search(r"Next: .+ Or call .+12305\.", text)


@pytest.mark.req("NO-2", "SY-7")
def test_a_mail_asked_for_by_another_version_still_goes_out() -> None:
    told = notice(plan(changed(cases.Reopened())))
    html_of = PLANNER.templates.html_of
    assert html_of(told.model_copy(update={"letter": None, "html": Personal("<p>old</p>")})) == "<p>old</p>"
    assert told.letter is not None
    fewer = {name: value for name, value in told.letter.reveal().items() if name != "headline"}
    for strange in (fewer, {}, {**told.letter.reveal(), "steps": 3}):
        with capture_logs() as logs:
            assert html_of(told.model_copy(update={"letter": Letter(strange)})) is None
        assert [entry["event"] for entry in logs] == ["letter_does_not_fit"]


@pytest.mark.req("SY-5")
def test_a_letter_shows_no_values_and_is_an_object() -> None:
    told = notice(plan(changed(cases.Reopened())))
    assert "周晓敏" not in repr(told)
    assert "headline" in repr(told)
    assert NoticeRequested.model_validate_json(told.model_dump_json()) == told
    with pytest.raises(ValidationError):
        NoticeRequested.model_validate({**told.model_dump(), "letter": "text"})


@pytest.mark.req("NO-8")
def test_the_preview_command_prints_a_notice(tmp_path: Path) -> None:
    import typer

    from services.notify.preview import main

    app = typer.Typer()
    app.command()(main)
    result = CliRunner().invoke(app, ["decided", "en", "--html", str(tmp_path / "mail.html")])
    assert result.exit_code == 0, result.output
    assert "[PC7K2M9Q4D] The claim was decided: Approved in full, ¥1,299.00" in result.output
    assert "prefers-color-scheme:dark" in (tmp_path / "mail.html").read_text("utf-8")
    assert CliRunner().invoke(app, ["decided", "fr"]).exit_code != 0
