"""What breaks a schema and what does not (SY-7)."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from tools.docs.compatibility import breaks

pytestmark = pytest.mark.req("SY-7")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class MoreColours(StrEnum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


class Inner(BaseModel):
    a: int


class InnerWithout(BaseModel):
    b: int | None = None


class Opened(BaseModel):
    type: Literal["opened"] = "opened"


class Closed(BaseModel):
    type: Literal["closed"] = "closed"
    by: str


class ClosedByNumber(BaseModel):
    type: Literal["closed"] = "closed"
    by: int


class Tree(BaseModel):
    name: str
    children: tuple["Tree", ...] = ()


Either = Annotated[Opened | Closed, Field(discriminator="type")]
EitherChanged = Annotated[Opened | ClosedByNumber, Field(discriminator="type")]
Short = Annotated[str, Field(max_length=10)]
Shorter = Annotated[str, Field(max_length=5)]


def schema(**fields: Any) -> dict[str, Any]:
    model: type[BaseModel] = create_model("Event", **fields)
    return model.model_json_schema()


NONE: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (NONE, {"a": (int | None, None)}),
        (NONE, {"a": (int, 0)}),
        ({"a": (int, ...)}, {"a": (float, ...)}),
        ({"a": (Short, ...)}, {"a": (str, ...)}),
        ({"a": (Shorter, ...)}, {"a": (Short, ...)}),
        ({"a": (Colour, ...)}, {"a": (MoreColours, ...)}),
        ({"a": (Colour, ...)}, {"a": (str, ...)}),
        ({"a": (int, ...)}, {"a": (int | None, ...)}),
        ({"a": (tuple[Opened, ...], ...)}, {"a": (tuple[Either, ...], ...)}),
        ({"a": (Tree, ...)}, {"a": (Tree, ...), "b": (str | None, None)}),
    ],
)
def test_what_may_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert breaks(schema(**old), schema(**new)) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ({"a": (int, ...)}, NONE, "/a: the field is gone"),
        ({"a": (int | None, None)}, NONE, "/a: the field is gone"),
        (NONE, {"a": (int, ...)}, "/a: newly required"),
        ({"a": (int, 0)}, {"a": (int, ...)}, "/a: newly required"),
        ({"a": (int, ...)}, {"a": (int, 0)}, "/a: no longer always there"),
        ({"a": (int, ...)}, {"a": (str, ...)}, "/a: integer became string"),
        ({"a": (float, ...)}, {"a": (int, ...)}, "/a: number became integer"),
        ({"a": (int | None, None)}, {"a": (int, 0)}, "/a: null is gone"),
        ({"a": (str, ...)}, {"a": (Short, ...)}, "/a: maxLength none became 10"),
        ({"a": (Short, ...)}, {"a": (Shorter, ...)}, "/a: maxLength 10 became 5"),
        ({"a": (MoreColours, ...)}, {"a": (Colour, ...)}, "/a: value green is gone"),
        ({"a": (str, ...)}, {"a": (Colour, ...)}, "/a: limited to red, blue"),
        ({"a": (Inner, ...)}, {"a": (InnerWithout, ...)}, "/a/a: the field is gone"),
        ({"a": (tuple[Inner, ...], ...)}, {"a": (tuple[InnerWithout, ...], ...)}, "/a[]/a: the field is gone"),
        ({"a": (dict[str, int], ...)}, {"a": (dict[str, str], ...)}, "/a{}: integer became string"),
        ({"a": (tuple[Either, ...], ...)}, {"a": (tuple[Opened, ...], ...)}, "/a[]: Closed is gone"),
        ({"a": (tuple[Either, ...], ...)}, {"a": (tuple[EitherChanged, ...], ...)}, "/a[]: Closed is gone"),
    ],
)
def test_what_may_not_change(old: dict[str, Any], new: dict[str, Any], says: str) -> None:
    assert says in breaks(schema(**old), schema(**new))
