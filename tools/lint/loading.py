"""Rule files and templates, loaded as the services load them: a broken cell or variable is found here."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from services.claims import rulebook
from services.intake import gateways, tracking_numbers
from services.intake.adapters import social_table, status_table
from services.intake.calls.rules import call_rules
from services.intake.extraction import addresses
from services.intake.extraction.vocabulary import vocabulary
from services.notify.links import Links
from services.notify.pages import load_pages
from services.notify.ruleset import load_rules
from services.notify.templates import load_templates
from services.notify.texts import load_texts
from services.routing import playbook_file, rule_files
from services.routing.disputes.dispute_file import check_orders
from services.routing.incidents import rule_file as incident_file
from services.routing.ivr import words as ivr_words
from services.routing.pages import Pages
from services.routing.parcels import tables as parcel_tables
from services.routing.published import wechat_menu
from services.routing.workorders import order_file

TODAY = datetime.now(UTC).date()


def _notify_pages() -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "progress.key").write_text("k" * 48)
        links = Links.load("http://127.0.0.1", Path(folder))
    load_pages(load_rules(TODAY), links, "desk@parcelcare.example", TODAY)


def _work_orders() -> None:
    book = playbook_file.load(rule_files.DIRECTORY / "playbook", TODAY)
    orders = order_file.load(rule_files.DIRECTORY, book, TODAY)
    wechat_menu.load(rule_files.DIRECTORY, book, "https://desk.example.com", TODAY)
    ivr_words.load(rule_files.DIRECTORY, TODAY)
    check_orders("signing.yaml", rule_files.load(today=TODAY).disputes, orders)


def _incidents() -> None:
    book = playbook_file.load(rule_files.DIRECTORY / "playbook", TODAY)
    incident_file.load(rule_files.DIRECTORY, rule_files.load().roster.groups, book.departments, TODAY)


LOADERS: dict[str, Callable[[], object]] = {
    "services/intake/rules/gateways.yaml": gateways.load,
    "services/intake/rules/calls.yaml": call_rules,
    "services/intake/rules/status": status_table.tables,
    "services/intake/rules/tracking_numbers.yaml": tracking_numbers.forms,
    "services/intake/rules/social.yaml": social_table.table,
    "services/intake/rules/vocabulary.yaml": vocabulary,
    "services/intake/rules/goods.yaml": vocabulary,
    "services/intake/rules/places.yaml": addresses.anchor,
    "services/routing/rules": lambda: rule_files.load(today=TODAY),
    "services/routing/rules/playbook and work_orders": _work_orders,
    "services/routing/rules/incidents.yaml": _incidents,
    "services/routing/web": Pages,
    "services/routing/parcels/rules": lambda: parcel_tables.load(parcel_tables.DIRECTORY),
    "services/claims/rules": rulebook.load,
    "services/notify/rules": lambda: load_rules(TODAY),
    "services/notify/templates": load_templates,
    "services/notify/web": _notify_pages,
    "services/notify texts": lambda: load_texts(TODAY),
}
"""What a service loads at its start, by where it stands."""


def problems(root: Path) -> list[str]:
    """What does not load, and rule folders that no loader here reads."""
    found = [f"{place}: {type(e).__name__}: {e}" for place, load in LOADERS.items() if (e := _failure(load))]
    read = {place.removesuffix("/" + Path(place).name) if place.endswith(".yaml") else place for place in LOADERS}
    for folder in sorted(p for p in (root / "services").rglob("rules") if p.is_dir()):
        name = str(folder.relative_to(root))
        if name not in read:
            found.append(f"{name}: no loader of tools/lint/loading.py reads it")
    return found


def _failure(load: Callable[[], object]) -> Exception | None:
    try:
        load()
    except Exception as error:  # noqa: BLE001 whatever a loader raises is the finding
        return error
    return None
