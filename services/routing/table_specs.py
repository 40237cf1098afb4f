"""The columns of the decision tables, and what may stand in them."""

from collections.abc import Iterable, Mapping

from services.routing.decision_table import Domain, TableSpec, Whole
from services.routing.keyword_file import SIGNALS
from services.routing.roster import Roster
from shared.contracts.cases import CaseKind, ClockKind
from shared.contracts.parcels import ExceptionKind

MAX_SECONDS = 60 * 86400


def classification(facts: Mapping[str, Domain]) -> list[TableSpec]:
    flag = Domain.flag()
    exception = Domain.text(["", *ExceptionKind])
    kind_inputs = {"exception": exception, "level": Domain.whole(0, 3), "form": flag, "tag": facts["tag"]}
    strength = Domain.text(["none", "weak", "model", "strong"])
    signals = dict.fromkeys(SIGNALS, flag)
    confidence_inputs = {
        "exception": exception,
        "form": flag,
        "strength": strength,
        "ambiguous": flag,
        "regulator": flag,
        "complaint": flag,
        "compensation": flag,
    }
    return [
        TableSpec(
            "kind",
            {**kind_inputs, "strength": strength, **signals, "model_kind": Domain.text(["", *CaseKind])},
            {"kind": facts["kind"], "priority": Whole(1, 4)},
        ),
        TableSpec("confidence", confidence_inputs, {"confidence": Whole(0, 100)}),
    ]


def groups(facts: Mapping[str, Domain], roster: Roster) -> list[TableSpec]:
    inputs = {"tier": facts["tier"], "confidence": Domain.whole(0, 100), "kind": facts["kind"], "tag": facts["tag"]}
    return [TableSpec("group", inputs, {"group": Domain.text(roster.groups)})]


def sla(facts: Mapping[str, Domain], calendars: Iterable[str]) -> list[TableSpec]:
    inputs = {name: facts[name] for name in ("kind", "priority", "tier", "channel")}
    named = Domain.text(calendars)
    return [
        TableSpec(
            clock.value,
            inputs,
            {
                f"{clock.value}_seconds": Whole(0, MAX_SECONDS),
                f"{clock.value}_warn_percent": Whole(1, 100),
                f"{clock.value}_calendar": named,
            },
        )
        for clock in ClockKind
    ]
