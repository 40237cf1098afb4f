"""Ports: free, distinct, outside the range of outgoing connections, and the same again next time."""

import socket
from pathlib import Path

import pytest

from tools.stack.ports import LOOPBACK, RANGE, PortBook

pytestmark = pytest.mark.req("SY-8")
NAMES = ["kafka", "mongod", "intake-0"]


def test_ports_are_distinct_and_outlive_the_process(tmp_path: Path) -> None:
    first = PortBook(tmp_path / "ports.json").assign(NAMES)
    assert len({*first.values()}) == len(NAMES)
    assert all(port in RANGE for port in first.values())
    assert PortBook(tmp_path / "ports.json").assign(NAMES) == first


def test_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    first = PortBook(tmp_path / "ports.json").assign(NAMES)
    with socket.socket() as other:
        other.bind((LOOPBACK, first["kafka"]))
        other.listen()
        second = PortBook(tmp_path / "ports.json").assign(NAMES)
    assert second["kafka"] != first["kafka"]
    assert {name: second[name] for name in NAMES[1:]} == {name: first[name] for name in NAMES[1:]}


def test_a_preferred_port_is_used_while_it_is_free(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        wish = probe.getsockname()[1]
        probe.listen()
        assert PortBook(tmp_path / "taken.json", {"kafka": wish}).assign(["kafka"])["kafka"] != wish
    assert PortBook(tmp_path / "free.json", {"kafka": wish}).assign(["kafka"])["kafka"] == wish
