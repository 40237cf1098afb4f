"""Whether a schema's new form still reads what was written under its old one, and keeps what readers rely on. Pure.

Allowed: a new optional field, a new value of an enumeration, a new member of a union, a wider limit. (Readers are
deployed before the senders of new values.) Not allowed: a field that is gone, of another type, newly required or
no longer always there; a value or member that is gone; a narrower limit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
EXACT = ("format", "pattern", "additionalProperties")


def breaks(old: Schema, new: Schema) -> list[str]:
    """What would break, each with the path of its field; empty where nothing would."""
    return _Comparison(old, new).compare(old, new, "")


class _Comparison:
    """Resolves references of both documents; a pair of definitions is compared once."""

    def __init__(self, old_root: Schema, new_root: Schema) -> None:
        self._old_root = old_root
        self._new_root = new_root
        self._begun: set[tuple[str, str]] = set()

    def compare(self, old: Schema, new: Schema, path: str) -> list[str]:
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if any(pair):
            if pair in self._begun:
                return []
            self._begun.add(pair)
        old, new = _resolved(old, self._old_root), _resolved(new, self._new_root)
        if _members(old) or _members(new):
            return self._compare_unions(old, new, path)
        found = [*_types(old, new, path), *_values(old, new, path), *_limits(old, new, path)]
        return found + self._compare_fields(old, new, path) + self._compare_items(old, new, path)

    def _compare_unions(self, old: Schema, new: Schema, path: str) -> list[str]:
        """Each member of the old union must be readable by some member of the new one."""
        candidates = _members(new) or [new]
        found = []
        for member in _members(old) or [old]:
            tried = [self._trial(member, candidate, path) for candidate in candidates]
            if all(tried):
                name = _name(_resolved(member, self._old_root))
                same = [_name(_resolved(candidate, self._new_root)) == name for candidate in candidates]
                found += tried[same.index(True)] if True in same else [f"{path or '/'}: {name} is gone"]
        return found

    def _trial(self, old: Schema, new: Schema, path: str) -> list[str]:
        """As `compare`, forgetting what it has seen where it fails."""
        before = set(self._begun)
        problems = self.compare(old, new, path)
        if problems:
            self._begun = before
        return problems

    def _compare_fields(self, old: Schema, new: Schema, path: str) -> list[str]:
        theirs, ours = old.get("properties", {}), new.get("properties", {})
        always, needed = set(old.get("required", ())), set(new.get("required", ()))
        found = [f"{path}/{name}: the field is gone" for name in theirs if name not in ours]
        found += [f"{path}/{name}: newly required" for name in sorted(needed - always)]
        found += [f"{path}/{name}: no longer always there" for name in sorted((always - needed) & ours.keys())]
        for name in theirs:
            if name in ours:
                found += self.compare(theirs[name], ours[name], f"{path}/{name}")
        return found

    def _compare_items(self, old: Schema, new: Schema, path: str) -> list[str]:
        found: list[str] = []
        if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
            found += self.compare(old["items"], new["items"], f"{path}[]")
        if isinstance(old.get("additionalProperties"), Mapping) and isinstance(
            new.get("additionalProperties"), Mapping
        ):
            found += self.compare(old["additionalProperties"], new["additionalProperties"], f"{path}{{}}")
        return found


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The definition behind a reference; a reference's own keys (title, default) do not matter."""
    while "$ref" in schema:
        found: Any = root
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _members(schema: Schema) -> Sequence[Schema]:
    members: Sequence[Schema] = schema.get("anyOf") or schema.get("oneOf") or ()
    return members


def _name(schema: Schema) -> str:
    return str(schema.get("title") or schema.get("const") or schema.get("type") or "a member")


def _types(old: Schema, new: Schema, path: str) -> list[str]:
    theirs, ours = old.get("type"), new.get("type")
    wider = theirs == "integer" and ours == "number"
    return [] if theirs == ours or ours is None or wider else [f"{path or '/'}: {theirs} became {ours}"]


def _values(old: Schema, new: Schema, path: str) -> list[str]:
    """Values of enumerations and constants; a schema without them takes any."""
    ours = _listed(new)
    if ours is None:
        return []
    theirs = _listed(old)
    if theirs is None:
        return [f"{path or '/'}: limited to {', '.join(map(str, ours))}"]
    return [f"{path or '/'}: value {value} is gone" for value in theirs if value not in ours]


def _listed(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return list(schema["enum"]) if "enum" in schema else None


def _limits(old: Schema, new: Schema, path: str) -> list[str]:
    found = []
    for key in (*UPPER, *LOWER):
        if key not in new:
            continue
        narrower = key not in old or (new[key] < old[key] if key in UPPER else new[key] > old[key])
        if narrower:
            found.append(f"{path or '/'}: {key} {old.get(key, 'none')} became {new[key]}")
    for key in EXACT:
        value = new.get(key)
        if value is not None and not isinstance(value, Mapping) and value != old.get(key):
            found.append(f"{path or '/'}: {key} {old.get(key)} became {value}")
    return found
