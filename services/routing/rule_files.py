"""Loading the rule files; each is checked cell by cell, and what is wrong is said with file and cell."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from services.routing import fields, playbook_file, survey_file, table_specs
from services.routing.advice import trust_of
from services.routing.decision_table import Domain, RuleError
from services.routing.disputes.dispute_file import disputes_of
from services.routing.due import Calendar
from services.routing.estimates import table_file as estimate_file
from services.routing.handover import table_file as handover_file
from services.routing.hours_file import calendars_of
from services.routing.key_accounts import rule_file as key_account_file
from services.routing.keyword_file import lexicon_of
from services.routing.ladder_file import ladders_of
from services.routing.legal.legal_file import legal_of
from services.routing.lexicon import Lexicon
from services.routing.life import Life
from services.routing.model import artefact
from services.routing.model.scorer import Model
from services.routing.precedence_file import precedence_of
from services.routing.roster_file import roster_of
from services.routing.rule_file import RuleFile
from services.routing.rules import Rules
from services.routing.selfservice import table_file as self_service_file
from shared.contracts.cases import CaseKind
from shared.contracts.people import Channel

DIRECTORY = Path(__file__).parent / "rules"
FILES = (
    "keywords.yaml",
    "model.yaml",
    "cases.yaml",
    "fields.yaml",
    "classification.json",
    "groups.json",
    "sla.json",
    "calendars.yaml",
    "escalation.yaml",
    "agents.yaml",
    "assignment.yaml",
    "signing.yaml",
    "legal_deadlines.yaml",
)


def load(directory: Path = DIRECTORY, today: date | None = None, model: Path = artefact.DIRECTORY) -> Rules:
    """All rules, and the model; `today`, where given, must lie in every file's validity. Raises `RuleError`."""
    parts = {name: RuleFile.read(directory / name, today) for name in FILES}
    words = lexicon_of(parts["keywords.yaml"])
    roster = roster_of(parts["agents.yaml"])
    life = _life(parts["cases.yaml"])
    calendars = calendars_of(parts["calendars.yaml"])
    tags = [*words.tags, "other", *_extra_tags(words)]
    ladders = ladders_of(parts["escalation.yaml"], calendars, tags, life.tiers)
    book = playbook_file.load(directory / "playbook", today)
    legal = legal_of(parts["legal_deadlines.yaml"], calendars, parts["sla.json"])
    mandatory = fields.read(parts["fields.yaml"], tags)
    facts = {
        "tag": Domain.text(tags),
        "kind": Domain.text(CaseKind),
        "tier": Domain.text(sorted(life.tiers)),
        "channel": Domain.text(Channel),
        "priority": Domain.whole(1, 4),
    }
    return Rules(
        version=_version(parts),
        lexicon=words,
        tags=frozenset(tags),
        classification=parts["classification.json"].table(table_specs.classification(facts)),
        groups=parts["groups.json"].table(table_specs.groups(facts, roster)),
        sla=parts["sla.json"].table(table_specs.sla(facts, calendars)),
        calendar=Calendar(ladders, life, mandatory, calendars, survey_file.load(directory, today), legal),
        roster=roster,
        precedence=precedence_of(parts["assignment.yaml"]),
        key_accounts=key_account_file.load(directory, life.tiers, today),
        handover=handover_file.load(directory, today),
        disputes=disputes_of(parts["signing.yaml"], tags),
        self_service=self_service_file.load(directory, book, tags, sorted(life.tiers), today),
        estimates=estimate_file.load(directory, book, calendars, today),
        model=_model(model),
        trust=trust_of(parts["model.yaml"]),
    )


def _model(directory: Path) -> Model:
    trained, card = artefact.read(directory)
    return Model(trained, str(card.get("version", "")))


def lexicon(directory: Path = DIRECTORY) -> Lexicon:
    """The words alone: reading a text needs nothing else. Raises `RuleError`."""
    return lexicon_of(RuleFile.read(directory / "keywords.yaml", None))


def _extra_tags(words: Lexicon) -> list[str]:
    return [tag for tags in (*words.exceptions.values(), *words.forms.values()) for tag in tags]


def _version(parts: Mapping[str, "RuleFile"]) -> str:
    newest = max(str(part.content["valid_from"]) for part in parts.values())
    digest = hashlib.sha256("".join(part.digest for part in parts.values()).encode()).hexdigest()
    return f"{newest}#{digest[:8]}"


def _life(part: RuleFile) -> Life:
    kinds = [kind.value for kind in CaseKind]
    tags = part.get("parcel_facts.tags", list)
    if not all(isinstance(group, list) and group for group in tags):
        raise RuleError(part.file, "parcel_facts.tags", "must be a list of lists of tags")
    return Life(
        reopen=timedelta(days=part.whole("reopen_days", 0, 365)),
        reopen_without_reference=timedelta(hours=part.whole("reopen_without_reference_hours", 0, 24 * 365)),
        auto_close=timedelta(hours=part.whole("auto_close_hours", 1, 24 * 365)),
        tiers=frozenset(part.texts("tiers")),
        references_max=part.whole("references_max", 1, 20),
        open_cases_seen=part.whole("open_cases_seen", 1, 10),
        sure=part.whole("sure_percent", 0, 100) / 100,
        self_resolving_kinds=_kinds(part, "self_resolving_kinds", kinds),
        parcel_facts_kinds=_kinds(part, "parcel_facts.kinds", kinds),
        parcel_facts_tags=tuple(frozenset(map(str, group)) for group in tags),
        auto_close_summary=part.by_language("auto_close_summary"),
        exception_over_summary=part.by_language("exception_over_summary"),
    )


def _kinds(part: RuleFile, cell: str, allowed: Sequence[str]) -> frozenset[CaseKind]:
    return frozenset(CaseKind(part.choice(cell, value, allowed)) for value in part.texts(cell))
