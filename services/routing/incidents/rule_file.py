"""incidents.yaml, checked cell by cell (RO-12)."""

from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from services.routing.clocks import Target
from services.routing.decision_table import RuleError
from services.routing.incidents.rules import Force, IncidentRules, Rung, ScopeRule, Usual
from services.routing.ladder_file import CHANNELS, ROLES
from services.routing.rule_file import RuleFile
from shared.contracts.incidents import Member, MemberKind, Scope
from shared.contracts.parcels import ExceptionKind

FILE = "incidents.yaml"
_KINDS = [kind.value for kind in ExceptionKind]
_SCOPES = [scope.value for scope in Scope]


def load(
    directory: Path, groups: Collection[str], departments: Collection[str], today: date | None = None
) -> IncidentRules:
    """`groups` of the roster and `departments` of the playbook: whom a task force may name. Raises `RuleError`."""
    part = RuleFile.read(directory / FILE, today)
    bucket = part.whole("bucket_minutes", 1, 60)
    if 60 % bucket:
        raise RuleError(part.file, "bucket_minutes", f"{bucket} does not divide an hour")
    names = {
        MemberKind.GROUP: sorted(groups),
        MemberKind.DEPARTMENT: sorted(departments),
        MemberKind.ROLE: list(ROLES),
    }
    limit = timedelta(minutes=part.whole("joint_response.minutes", 1, 24 * 60))
    warn = part.whole("joint_response.warn_percent", 1, 100)
    return IncidentRules(
        bucket=timedelta(minutes=bucket),
        late=timedelta(minutes=part.whole("late_minutes", 0, 24 * 60)),
        usual=Usual(
            days=part.whole("usual.days", 1, 366),
            prior_events=part.whole("usual.prior_events", 1, 1000),
            prior_hours=part.whole("usual.prior_hours", 1, 24 * 366),
            busy_factor=_number(part, "usual.busy_factor", part.get("usual", dict), 1, 24),
        ),
        scopes=_scopes(part, bucket),
        own_case=frozenset(map(ExceptionKind, _listed(part, "own_case", part.get("own_case", list), _KINDS))),
        response=Target(limit, limit * warn / 100, f"{FILE}/joint_response"),
        escalation=_escalation(part),
        forces=_forces(part, names),
        regions=_regions(part),
    )


def _scopes(part: RuleFile, bucket: int) -> dict[Scope, ScopeRule]:
    """In the file's order, which is that of `Scope`: narrow before wide."""
    found: dict[Scope, ScopeRule] = {}
    for row in part.get("scopes", list):
        scope = Scope(part.choice("scopes.scope", part.get("scope", str, row), _SCOPES))
        where = f"scopes.{scope}"
        if scope in found:
            raise RuleError(part.file, where, "stands twice")
        window = part.whole("window_minutes", bucket, 24 * 60, row)
        if window % bucket:
            raise RuleError(part.file, f"{where}.window_minutes", f"{window} is no multiple of bucket_minutes")
        found[scope] = ScopeRule(
            scope=scope,
            window=timedelta(minutes=window),
            least=part.whole("least", 2, 100_000, row),
            probability=_number(part, f"{where}.probability", row, 1e-15, 0.05),
            delay_hours=part.whole("delay_hours", 0, 24 * 30, row),
            sites=part.whole("sites", 1, 1000, row),
            carriers=part.whole("carriers", 1, 1000, row),
            share=part.whole("share_percent", 0, 100, row) / 100,
        )
    if list(found) != list(Scope):
        raise RuleError(part.file, "scopes", f"needs one row each, in this order: {', '.join(_SCOPES)}")
    return found


def _escalation(part: RuleFile) -> tuple[Rung, ...]:
    rungs: list[Rung] = []
    for level, row in enumerate(part.get("joint_response.escalation", list), start=1):
        where = f"joint_response.escalation.{level}"
        after = timedelta(minutes=part.whole("after_minutes", 0, 24 * 60, row))
        role = part.choice(f"{where}.role", part.get("role", str, row), ROLES)
        channels = _listed(part, f"{where}.channels", part.get("channels", list, row), CHANNELS)
        rungs.append(Rung(level, after, role, tuple(channels)))
    if [rung.after for rung in rungs] != sorted(rung.after for rung in rungs):
        raise RuleError(part.file, "joint_response.escalation", "a later step must come later")
    return tuple(rungs)


def _forces(part: RuleFile, names: dict[MemberKind, list[str]]) -> tuple[Force, ...]:
    forces: list[Force] = []
    for number, row in enumerate(part.get("task_force", list), start=1):
        where = f"task_force.{number}"
        scopes = _listed(part, f"{where}.scopes", part.get("scopes", list, row), _SCOPES)
        kinds = _listed(part, f"{where}.kinds", part.get("kinds", list, row), _KINDS)
        members = tuple(_member(part, where, member, names) for member in part.get("members", list, row))
        if not members:
            raise RuleError(part.file, f"{where}.members", "nobody is named")
        forces.append(Force(frozenset(map(Scope, scopes)), frozenset(map(ExceptionKind, kinds)), members))
    if not forces or forces[-1].scopes or forces[-1].kinds:
        raise RuleError(part.file, "task_force", "the last row must fit every scope and kind")
    return tuple(forces)


def _member(part: RuleFile, where: str, row: Any, names: dict[MemberKind, list[str]]) -> Member:
    if not isinstance(row, dict) or len(row) != 1:
        raise RuleError(part.file, f"{where}.members", f"{row!r}: name one of {', '.join(names)}")
    ((kind, name),) = row.items()
    known = MemberKind(part.choice(f"{where}.members", kind, [kind.value for kind in names]))
    return Member(kind=known, name=part.choice(f"{where}.members.{known}", name, names[known]))


def _regions(part: RuleFile) -> dict[str, str]:
    """By the beginnings of names, the longest first: 吉林市 before 吉林."""
    found: dict[str, str] = {}
    for region, names in part.get("regions", dict).items():
        for name in _listed(part, f"regions.{region}", names, None):
            if name in found:
                raise RuleError(part.file, f"regions.{region}", f"{name} stands in {found[name]} too")
            found[name] = str(region)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _listed(part: RuleFile, cell: str, values: Any, allowed: Collection[str] | None) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise RuleError(part.file, cell, "must be a list of names")
    for value in values if allowed is not None else ():
        part.choice(cell, value, list(allowed or ()))
    return values


def _number(part: RuleFile, cell: str, row: Any, low: float, high: float) -> float:
    value = part.get(cell.rsplit(".", 1)[1], (int, float), row)
    if isinstance(value, bool) or not low <= value <= high:
        raise RuleError(part.file, cell, f"{value} is not between {low} and {high}")
    return float(value)
