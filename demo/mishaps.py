"""What goes wrong on the way: how a fate changes the scans that were planned."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from demo.journey import Fate, PlannedScan

NO_SCAN_LIMIT = timedelta(hours=48)
Scans = list[PlannedScan]

# Node, exception, party at fault, and the carrier's words; each stands in the place of a scan, or after one.
REPORTS: dict[Fate, tuple[tuple[str, ...], str, str, tuple[str, ...]]] = {
    Fate.DAMAGED: (
        ("linehaul_in", "destination_in", "sorted", "out_for_delivery"),
        "damage",
        "carrier",
        ("外包装破损，已拍照上报", "分拣时发现外箱开裂，内件受损", "快件破损，已登记", "箱体渗漏，疑似内件破碎"),
    ),
    Fate.FAILED: (
        ("out_for_delivery",),
        "failed_delivery",
        "consignee",
        (
            "电话无人接听，改日再派",
            "收件人不在家，派送失败",
            "客户电话关机，派送不成功",
            "无法联系收件人，快件暂存网点",
        ),
    ),
    Fate.REFUSED: (
        ("out_for_delivery",),
        "refused",
        "consignee",
        ("收件人拒收", "客户以不需要为由拒收", "收件人拒签，快件将退回"),
    ),
    Fate.WRONG_ADDRESS: (
        ("destination_in", "out_for_delivery"),
        "wrong_address",
        "merchant",
        ("地址不详，无法派送", "面单地址有误，待核实", "查无此人，等待寄件人确认地址"),
    ),
    Fate.MISROUTED: (
        ("linehaul_in",),
        "misrouted",
        "carrier",
        ("快件错分，正在转回", "错发至本中心，安排退转", "路由错误，重新发出"),
    ),
    Fate.HELD_BY_CUSTOMS: (
        ("customs",),
        "customs_hold",
        "customs",
        ("海关查验，需补充收件人身份信息", "清关异常，申报资料不符", "海关扣留，等待处理"),
    ),
    Fate.WEATHER: (
        ("linehaul_out", "linehaul_in"),
        "delay",
        "weather",
        ("受暴雨影响，运输延误", "大雾封路，车辆滞留", "台风天气，航班取消，快件延误"),
    ),
    Fate.WRONG_SIGN: (
        ("signed",),
        "wrong_sign",
        "carrier",
        ("收件人反馈未收到，签收核查中", "签收信息异常，网点核实中"),
    ),
    Fate.LOST: (
        ("linehaul_in", "destination_in", "hub_in"),
        "loss",
        "carrier",
        ("快件遗失，已上报理赔", "多次查找无果，确认丢件", "车辆清点少件，确认遗失"),
    ),
}


def _at_node(scans: Sequence[PlannedScan], nodes: Sequence[str]) -> int | None:
    found = [n for n, scan in enumerate(scans) if scan.node in nodes]
    return found[-1] if found else None


def reported(rng: random.Random, fate: Fate, scans: Scans) -> Scans:
    """The scan at which the carrier reports it, and what follows for this fate."""
    nodes, exception, fault, words = REPORTS[fate]
    at = _at_node(scans, nodes)
    if at is None:
        return scans
    told = replace(scans[at], exception=exception, fault=fault, description=rng.choice(words), signer=None)
    if fate in (Fate.LOST, Fate.REFUSED):
        return [*scans[:at], told]
    if fate in (Fate.FAILED, Fate.WRONG_ADDRESS):
        later = timedelta(hours=rng.uniform(3, 26))
        again = replace(scans[at], node="out_for_delivery", at=scans[at].at + later, description="再次派送中")
        return [*scans[:at], told, again, *(moved(scan, later) for scan in scans[at + 1 :])]
    if fate is Fate.HELD_BY_CUSTOMS:
        later = timedelta(hours=rng.uniform(20, 60))
        return [*scans[:at], told, *(moved(scan, later) for scan in scans[at + 1 :])]
    if fate is Fate.WRONG_SIGN:
        return [*scans[: at + 1], replace(told, at=scans[at].at + timedelta(hours=rng.uniform(1.5, 9)))]
    return [*scans[:at], told, *scans[at + 1 :]]


def moved(scan: PlannedScan, by: timedelta) -> PlannedScan:
    return replace(scan, at=scan.at + by)


def stalled(rng: random.Random, scans: Scans, due: datetime, moves_on: bool) -> Scans:
    """The journey moved so that its last scan is 48 h before `due`; what was to follow comes later or never."""
    cut = rng.randrange(3, max(4, len(scans) - 2))
    shift = due - NO_SCAN_LIMIT - scans[cut - 1].at
    before = [moved(scan, shift) for scan in scans[:cut]]
    if not moves_on:
        return before
    pause = due + timedelta(hours=rng.uniform(0.7, 6)) - scans[cut].at
    return before + [moved(scan, pause) for scan in scans[cut:]]
