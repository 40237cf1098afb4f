"""Personal data (name, phone, mail, address, free text): one type, masked wherever it is printed (SY-5)."""

from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

LONGEST_HANDLE = 40
"""What is longer is free text."""


class Personal:
    """A personal value. `repr`, `str` and logs show a mask; only `reveal()` gives the value.

    On the wire and at rest it is a plain string today; per-customer encryption has this one place to go.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for a sender, a page or a matcher that needs it."""
        return self._value

    def masked(self) -> str:
        """First three and last four of a number or an address (138****5678), the first character of a short
        value, and of a text nothing but its length: it may begin with a name."""
        value = self._value
        if len(value) > LONGEST_HANDLE:
            return f"*** ({len(value)} characters)"
        if len(value) >= 9:
            return f"{value[:3]}****{value[-4:]}"
        return f"{value[:1]}***" if value else ""

    def __repr__(self) -> str:
        return f"Personal({self.masked()!r})"

    __str__ = masked

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from_str = core_schema.no_info_after_validator_function(cls, core_schema.str_schema())
        return core_schema.json_or_python_schema(
            json_schema=from_str,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_str]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls.reveal, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "x-personal": True}
