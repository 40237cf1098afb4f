"""The table of a bench run: figure, floor, ratio, target. A missed target is shown, and is not a failure."""

from typing import Any

from rich.table import Table


def table(results: dict[str, Any]) -> tuple[Table, bool]:
    """The table; and whether every figure was measured at all."""
    ours, floor, obvious = results["ours"], results["floor"], results["obvious"]
    contacts = ours["throughput"]["per_second"]
    base = floor["throughput"]["per_second"]
    plain = obvious["throughput"]["per_second"]
    rows = [
        (
            "contacts/s, gateway to mail",
            f"{contacts:,.0f}",
            f"{base:,.0f} hand-written batches",
            ratio(contacts / base, 0.5),
        ),
        ("", "", f"{plain:,.0f} one record at a time", ratio(contacts / plain, 20)),
        (
            f"latency at half load ({ours['latency']['per_second']:,.0f}/s), p50 / p99",
            f"{ours['latency']['p50_ms']:,.0f} / {ours['latency']['p99_ms']:,.0f} ms",
            f"{floor['latency']['p50_ms']:,.0f} / {floor['latency']['p99_ms']:,.0f} ms"
            f" at {floor['latency']['per_second']:,.0f}/s",
            limit(ours["latency"]["p99_ms"], 400, "ms"),
        ),
        *parcel_rows(results["parcels"]),
        *edge_rows(results["edges"]),
        *[(f"memory of {name}", f"{mb:,.0f} MB", "", limit(mb, 200, "MB")) for name, mb in ours["memory_mb"].items()],
    ]
    shown = Table(title="ParcelCare on this machine")
    for column in ("measure", "ours", "floor in the same run", "ratio (target)"):
        shown.add_column(column)
    for row in rows:
        shown.add_row(*row)
    return shown, contacts > 0


def parcel_rows(measured: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    few, many = measured["few"], measured["many"]
    dearer = few["ours_per_second"] / many["ours_per_second"]
    return [
        (
            f"parcel events/s, {size['open']:,} open parcels",
            f"{size['ours_per_second']:,.0f}",
            f"{size['floor_per_second']:,.0f} hand-written, RocksDB",
            ratio(size["ours_per_second"] / size["floor_per_second"], 0.5),
        )
        for size in (few, many)
    ] + [("cost of an event with 1,000,000 open parcels", f"{dearer:.2f} ×", "", limit(dearer, 1.3, "×"))]


EDGES = {
    "web": ("signed webhooks/s by HTTP", "bare Starlette + aiokafka"),
    "mail": ("mails/s by SMTP", "bare aiosmtpd + aiokafka"),
    "kuaidi100": ("parcel pushes/s by HTTP", "bare Starlette + aiokafka"),
}
PROCESSES = {"ours": "one process for all", "edge": "one process that only takes in"}


def edge_rows(measured: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """To the acknowledgement of Kafka; ours writes the original and what it means, the floor the bytes alone."""
    return [
        (
            f"{what}, {process}",
            f"{measured[kind][name]['per_second']:,.0f}",
            f"{measured[kind]['floor']['per_second']:,.0f} {floor}",
            ratio(measured[kind][name]["per_second"] / measured[kind]["floor"]["per_second"], 0.7),
        )
        for kind, (what, floor) in EDGES.items()
        for name, process in PROCESSES.items()
    ]


def ratio(value: float, target: float) -> str:
    return f"{value:.2f} (≥ {target:g}) {'✓' if value >= target else '✗'}"


def limit(value: float, target: float, unit: str) -> str:
    return f"(≤ {target:g} {unit}) {'✓' if value <= target else '✗'}"
