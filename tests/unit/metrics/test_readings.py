"""What is read of an event is part of its contract, with the same meaning (ME-1)."""

import types
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from services.metrics.readings import CaseChange, ClaimChange
from services.metrics.sources import SOURCES
from shared.contracts import cases, claims
from shared.contracts.topics import TOPICS

pytestmark = pytest.mark.req("ME-1")

CONTRACTS = {name: model for topic in TOPICS for name, model in topic.types.items()}
READ = [(name, model) for topic in SOURCES for name, model in topic.types.items()]


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The one model inside `X | None`, `tuple[X, ...]` or `X`; None for plain values and unions of models."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, types.UnionType, tuple):
        found = [m for m in (model_in(a) for a in get_args(annotation)) if m is not None]
        return found[0] if len(found) == 1 else None
    return None


def assert_part_of(reading: type[BaseModel], contract: type[BaseModel], path: str) -> None:
    for name, field in reading.model_fields.items():
        assert name in contract.model_fields, f"{path}.{name} is in no contract"
        theirs = contract.model_fields[name]
        assert theirs.is_required() or not field.is_required(), f"{path}.{name} may be absent"
        inner, whole = model_in(field.annotation), model_in(theirs.annotation)
        if inner is not None and whole is not None:
            assert_part_of(inner, whole, f"{path}.{name}")


@pytest.mark.parametrize(("name", "reading"), READ)
def test_readings_are_parts_of_the_contracts(name: str, reading: type[BaseModel]) -> None:
    assert_part_of(reading, CONTRACTS[name], name)


@pytest.mark.parametrize(
    ("reading", "union"), [(CaseChange, cases.Change), (ClaimChange, claims.ClaimChange)], ids=["case", "claim"]
)
def test_fields_of_changes_are_those_of_some_change(reading: type[BaseModel], union: Any) -> None:
    known = {name for change in get_args(get_args(union)[0]) for name in change.model_fields}
    assert set(reading.model_fields) <= known


@pytest.mark.req("SY-7")
def test_a_kind_of_change_from_a_newer_sender_is_readable() -> None:
    newer = CaseChange.model_validate({"type": "merged", "into": "case-2"})
    assert newer.type == "merged"
