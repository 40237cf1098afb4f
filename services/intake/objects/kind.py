"""Whether a file is of a kind and size that is taken, by its content (IN-4)."""

from services.intake.adapters.filetype import shown_type, type_of
from services.intake.objects.faults import TooLarge, TypeRefused
from services.intake.objects.kept import DECLARED_UNKNOWN
from services.intake.objects.rules import ObjectRules


def checked_type(
    content: bytes, size: int, declared_type: str | None, rules: ObjectRules, name: str | None = None
) -> str:
    """The kind of a file by its content (its ends suffice). Raises `TypeRefused` or `TooLarge`."""
    declared = (declared_type or DECLARED_UNKNOWN).partition(";")[0].strip().lower() or DECLARED_UNKNOWN
    content_type = type_of(content, declared, name)
    limit = rules.limit_of(content_type)
    if limit is None or not (rules.unknown or shown_type(content)):
        raise TypeRefused(content_type)
    if size > limit:
        raise TooLarge(limit)
    return content_type
