"""Menu keys that are contacts, and the receipt that a customer is sent at once: rules/social.yaml."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.intake import lined_yaml
from services.intake.gateways import RULES

Wording = Annotated[str, Field(min_length=1, max_length=290)]
MenuKey = Annotated[str, Field(min_length=1, max_length=128)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(_Row):
    zh: Wording
    en: Wording

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class HandbookWords(_Row):
    """What stands around the playbook's answers; `head` may name {node}."""

    head: Bilingual
    foot: Bilingual
    not_yet: Bilingual

    @field_validator("head")
    @classmethod
    def _names_the_node_alone(cls, head: Bilingual) -> Bilingual:
        try:
            for text in (head.zh, head.en):
                text.format(node="")
        except (LookupError, ValueError):
            raise ValueError("names something else than {node}") from None
        return head


class Table(_Row):
    """The file as an operator edits it."""

    source: str
    valid_from: date
    valid_to: date | None
    menu_contacts: dict[MenuKey, Wording]
    receipt: Bilingual
    handbook: HandbookWords


@cache
def table(file: Path = RULES / "social.yaml") -> Table:
    """Raises `lined_yaml.RuleFileError` with file and line."""
    return lined_yaml.load(file, Table)
