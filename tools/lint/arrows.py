"""The arrows of the architecture: who may import whom (docs/architecture.md). A module is pure unless listed."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.lint.modules import Module, modules

SERVICES = ("intake", "routing", "claims", "notify", "metrics")

ALWAYS_EDGE = frozenset({"__main__", "app", "settings", "handlers", "store", "api", "indicators", "wiring"})
"""Modules of every service that talk to the outside, or are told by it."""

EDGES: dict[str, frozenset[str]] = {
    "intake": frozenset(
        {
            "ami_reader",
            "archive",
            "bulk",
            "calls.deadlines",
            "check_gateways",
            "calls.handlers",
            "calls.store",
            "calls.wiring",
            "contact_files",
            "handbook.reader",
            "identity.api",
            "identity.desk",
            "identity.handlers",
            "identity.store",
            "identity.wiring",
            "maildir",
            "media.access_token",
            "media.addressed",
            "media.download",
            "media.fetcher",
            "media.network",
            "media.s3",
            "media.source",
            "media.storing",
            "media.wechat",
            "media.wiring",
            "object_api",
            "objects.scanner",
            "objects.store",
            "objects.wiring",
            "relay",
            "smtp",
            "smtp_reading",
            "smtp_server",
            "smtp_tls",
            "stream",
            "unknown_codes",
            "webchat.api",
            "webchat.handlers",
            "webchat.store",
            "webchat.wiring",
        }
    ),
    "routing": frozenset(
        {
            "alias_store",
            "answers",
            "assigner",
            "corrections",
            "deciding",
            "desk",
            "key_accounts.handlers",
            "key_accounts.recount",
            "key_accounts.retarget",
            "key_accounts.store",
            "key_accounts.wiring",
            "legal.api",
            "legal.restoring",
            "legal.store",
            "legal.wiring",
            "disputes.api",
            "disputes.areas",
            "disputes.orders",
            "disputes.wiring",
            "handover.api",
            "handover.shifts",
            "handover.store",
            "handover.wiring",
            "incidents.api",
            "incidents.coordinator",
            "incidents.documented",
            "incidents.reestimate",
            "incidents.requests",
            "incidents.store",
            "incidents.watch",
            "incidents.wiring",
            "ivr.api",
            "pages",
            "pairs.api",
            "pairs.coordinator",
            "pairs.doubts",
            "parcels.api",
            "parcels.reading",
            "parcels.wiring",
            "presence.api",
            "published.announcing",
            "published.api",
            "published.menu",
            "published.wiring",
            "rebuild",
            "timers",
            "workorders.api",
            "workorders.coordinator",
            "workorders.documented",
            "workorders.partner",
            "workorders.requests",
            "workorders.store",
            "workorders.wiring",
        }
    ),
    "claims": frozenset({"acts", "deadlines", "payer", "payments", "reconcile"}),
    "notify": frozenset(
        {
            "internal.sender",
            "internal.wiring",
            "live",
            "mailserver",
            "pages",
            "preview",
            "reader",
            "sender",
            "sending",
            "session",
            "smtp",
            "survey.api",
            "webhook",
        }
    ),
    "metrics": frozenset({"deadletters", "exporter", "lag", "rebuild", "watch"}),
}
"""What else of a service does I/O, reads a clock or builds clients. Whoever adds one says so here."""

LOADED: dict[str, frozenset[str]] = {
    "intake": frozenset({"credentials", "raw"}),
    "routing": frozenset({"parcels.rules"}),
    "claims": frozenset(),
    "notify": frozenset({"inheritance", "internal.texts", "templates"}),
    "metrics": frozenset(),
}
"""Values that are read from files or records at the edge and then stay as they are: the domain may hold them."""

DRIVERS = ("faststream", "aiokafka", "motor", "pymongo", "bson")
PURE_SHARED = (
    "shared.contracts",
    "shared.messaging.message",
    "shared.messaging.handler",
    "shared.messaging.outcome",
    "shared.messaging.partition_state.batch",
    "shared.messaging.partition_state.entry",
    "shared.messaging.partition_state.fold",
    "shared.security.identity",
    "shared.security.twilio_signature",
    "shared.security.webhooks",
    "shared.openapi",
    "shared.security.link_key",
    "shared.yaml_lines",
    "shared.tracing",
)
PURE_LIBRARIES = frozenset(
    {
        "pydantic",
        "pydantic_core",
        "zen",
        "yaml",
        "orjson",
        "phonenumbers",
        "holidays",
        "markupsafe",
        "cryptography",
        "typing_extensions",
    }
)
IMPURE_STANDARD = frozenset(
    {
        "asyncio",
        "ftplib",
        "http",
        "multiprocessing",
        "random",
        "secrets",
        "select",
        "smtplib",
        "socket",
        "sqlite3",
        "subprocess",
        "threading",
        "time",
    }
)
"""Clock, random, sockets, processes: passed in, never imported by the domain."""
CLOCK_CALLS = frozenset({("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")})


def problems(root: Path) -> list[str]:
    """Every import that goes the wrong way, as `file:line: what is wrong`."""
    found = [*_shared(modules(root, "shared"), root)]
    for module in modules(root, "services"):
        found += _service(module, root)
    return sorted(found)


def _shared(found: Iterable[Module], root: Path) -> Iterator[str]:
    for module in found:
        for name, line in module.imports:
            top = name.split(".")[0]
            if top in ("services", "tools", "demo", "bench"):
                yield _at(module, root, line, f"shared never imports {top}")
            elif module.package == "shared.contracts" and top == "shared" and not _under(name, "shared.contracts"):
                yield _at(module, root, line, f"contracts import nothing of ours but contracts, not {name}")


def _service(module: Module, root: Path) -> Iterator[str]:
    parts = module.name.split(".")
    if len(parts) < 2:
        return
    service = parts[1]
    for name, line in module.imports:
        top, *rest = name.split(".")
        if top == "services" and rest and rest[0] != service:
            yield _at(module, root, line, f"services never import each other: {name}")
        elif top in ("tools", "demo", "bench"):
            yield _at(module, root, line, f"a service never imports {top}")
        elif top == "motor":
            yield _at(module, root, line, "only shared/mongo.py knows Motor")
        elif module.inner == "handlers" and top in DRIVERS:
            yield _at(module, root, line, f"handlers know no {top}")
        elif is_pure(service, module.inner) and (reason := _impure(name, service)):
            yield _at(module, root, line, f"{module.inner} is pure: {reason}")
    if is_pure(service, module.inner):
        for line in clock_reads(module.tree):
            yield _at(module, root, line, f"{module.inner} is pure: `now` is passed in")


def is_edge(service: str, inner: str) -> bool:
    return inner == "" or inner in ALWAYS_EDGE or inner in EDGES[service]


def is_pure(service: str, inner: str) -> bool:
    return not is_edge(service, inner) and inner not in LOADED[service]


def _impure(name: str, service: str) -> str | None:
    """Why a pure module may not import `name`; None where it may."""
    parts = name.split(".")
    if parts[0] == "services":
        inner = ".".join(parts[2:])
        edge = is_edge(service, inner) if inner else False
        owner = is_edge(service, ".".join(parts[2:-1])) if len(parts) > 3 else False
        return f"it can't import the edge {name}" if edge or owner else None
    if parts[0] == "shared":
        return None if any(_under(name, allowed) for allowed in PURE_SHARED) else f"it can't import {name}"
    if parts[0] in sys.stdlib_module_names:
        return f"it can't import {parts[0]}" if parts[0] in IMPURE_STANDARD else None
    return None if parts[0] in PURE_LIBRARIES else f"it can't import {parts[0]}"


def clock_reads(tree: ast.AST) -> Iterator[int]:
    """Lines that read the clock: datetime.now() and its kind, uuid4()."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                if (called.value.id, called.attr) in CLOCK_CALLS or called.attr == "uuid4":
                    yield node.lineno
            elif isinstance(called, ast.Name) and called.id == "uuid4":
                yield node.lineno


def _under(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def _at(module: Module, root: Path, line: int, what: str) -> str:
    return f"{module.path.relative_to(root)}:{line}: {what}"
