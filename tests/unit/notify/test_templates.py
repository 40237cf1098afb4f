"""Templates: files whose variables are checked when they are loaded, and what they render."""

import shutil
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from typer.testing import CliRunner

from services.notify.preview import check_templates, preview
from services.notify.templates import TEMPLATES_DIR, TemplateProblem, load_templates
from shared.contracts import cases
from shared.contracts.notices import NoticeKind
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
    assert shown.html is not None
    assert "\n" not in shown.subject.reveal()
    for text in (shown.text.reveal(), shown.html.reveal()):
        assert "PC7K2M9Q4D" in text
        assert "https://service.example/p/" in text
        assert "{{" not in text
        assert "None" not in text
    assert len(shown.html.reveal().encode()) < 8000


@pytest.mark.req("NO-8", "SY-5")
def test_what_people_write_is_escaped_in_html_and_not_in_text() -> None:
    told = notice(plan(changed(cases.Replied(agent="a", text=Personal("<script>alert('x')</script> & so")))))
    assert told.html is not None
    assert "<script>" not in told.html.reveal()
    assert "&lt;script&gt;" in told.html.reveal()
    assert "<script>alert('x')</script> & so" in told.text.reveal()


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
