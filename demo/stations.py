"""The stations of a journey: node, usual hours until it is reached, and what the carrier writes there."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from demo.market import City


@dataclass(frozen=True, slots=True)
class Station:
    """`hours`: how long after the station before, from and to."""

    node: str
    hours: tuple[float, float]
    place: str
    words: tuple[str, ...]

    def description(self, rng: random.Random) -> str:
        return rng.choice(self.words).replace("@", self.place)


def hub(city: City, outward: str, travel: tuple[float, float] | None) -> Iterator[Station]:
    """Into a sorting centre and out of it again; `travel`: hours on the road to it, None at the first one."""
    if travel:
        yield Station("linehaul_in", travel, city.hub, ("车辆到达【@】", "快件已到达 @", "干线车辆抵达@，等待卸车"))
    unloaded = ("快件到达【@】", "【@】已收入", "到达@，准备分拣")
    yield Station("hub_in", (0.3, 1.2) if travel else (0.8, 2.5), city.hub, unloaded)
    yield Station("sorted", (0.2, 1.4), city.hub, ("【@】分拣完成", "快件在【@】完成分拣", "@ 已分拣，等待装车"))
    going = (f"快件离开【@】，发往【{outward}】", f"【@】已发出，下一站 {outward}", f"@ 已装车，发往{outward}")
    yield Station("linehaul_out", (0.3, 2), city.hub, going)


def stations(rng: random.Random, origin: City, destination: City, outlet: str, middle: City | None) -> list[Station]:
    """The usual way, from the order to the signature."""
    sender = rng.choice(origin.outlets)
    way = [
        Station("ordered", (0, 0), sender, ("商家已下单，等待揽收", "订单已提交，等待快递员上门")),
        Station("picked_up", (0.5, 4), sender, ("【@】已揽收", "快递员已在@揽件", "@ 已收件")),
        Station(
            "outlet_out", (0.5, 2.5), sender, (f"快件离开【@】，发往【{origin.hub}】", f"@ 已打包，发往{origin.hub}")
        ),
        *hub(origin, middle.hub if middle else destination.hub, None),
    ]
    if middle:
        way += hub(middle, destination.hub, (3, 8))
    way += hub(destination, outlet, (3, 9))
    way += [
        Station("destination_in", (0.7, 3), outlet, ("快件到达【@】", "【@】已到件", "@ 已收入，准备派送")),
        Station(
            "out_for_delivery", (0.4, 3), outlet, ("【@】正在派件", "@ 快递员正在派送中", "快件派送中，请保持电话畅通")
        ),
    ]
    if rng.random() < 0.3:
        locker = rng.choice(("丰巢智能柜", "菜鸟驿站", "小区便利店", "物业代收点"))
        way.append(Station("held", (0.3, 3), f"{locker}（{outlet}）", ("快件已存入@，请及时取件", "已送达@，等待取件")))
    way.append(Station("signed", (0.3, 4), outlet, ("快件已签收，感谢使用", "已签收，签收人：收件人", "【@】已妥投")))
    return way


def clearance(port: City) -> Station:
    return Station("customs", (2, 14), port.zh, ("快件在@等待清关", "@ 清关中", "@ 海关申报中"))
