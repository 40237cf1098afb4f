"""What a claimant hands in: photos, screenshots and receipts, named as people name their files."""

import random
from collections.abc import Iterable

from demo.journey import Journey
from demo.letters import File
from demo.pictures import jpeg, pdf, png

NAMES = {
    "proof_of_value": ("购买凭证", "发票", "订单截图", "付款记录", "receipt", "invoice"),
    "damage_photo": ("破损照片", "损坏细节", "开箱照", "IMG", "damage", "photo"),
    "waybill": ("面单", "运单", "快递单照片", "waybill", "label"),
    "packaging": ("外包装", "内外包装", "箱子", "packaging", "box"),
    "serial_number": ("序列号", "SN码", "serial number"),
}
# Some claimants of a day send one and the same picture: whoever compares hashes will notice.
SHARED_PHOTO_SEEDS = (11, 12)
SHARED_SHARE = 0.03


def evidence(rng: random.Random, kinds: Iterable[str], journey: Journey) -> tuple[File, ...]:
    return tuple(_file(rng, kind, journey) for kind in kinds)


def _file(rng: random.Random, kind: str, journey: Journey) -> File:
    name = f"{rng.choice(NAMES[kind])}{rng.choice(('', '1', '_2', f'_{rng.randrange(1000, 9999)}'))}"
    seed = rng.choice(SHARED_PHOTO_SEEDS) if rng.random() < SHARED_SHARE else rng.randrange(10**9)
    if kind == "proof_of_value" and rng.random() < 0.6:
        return File(f"{name}.pdf", "application/pdf", _receipt(rng, journey), kind)
    if kind in ("proof_of_value", "waybill") and rng.random() < 0.5:
        return File(f"{name}.png", "image/png", png(seed), kind)
    return File(f"{name}.jpg", "image/jpeg", jpeg(seed), kind)


def _receipt(rng: random.Random, journey: Journey) -> bytes:
    value = f"{journey.value_fen / 100:.2f}"
    goods = f"{journey.goods.zh} / {journey.goods.en} × 1"
    number = f"No. {rng.randrange(10**7, 10**8)}"
    parties = (f"销售方：{journey.shop}", f"购买方：{journey.consignee.name}")
    return pdf(("电子发票（普通发票）", *parties, goods, f"价税合计（小写）￥{value}", number))


def kinds_for(rng: random.Random, claim_kind: str) -> tuple[str, ...]:
    """What a claimant hands in unasked: often something, seldom everything."""
    wanted = {
        "loss": ("proof_of_value",),
        "damage": ("damage_photo", "packaging", "proof_of_value"),
        "shortage": ("damage_photo", "packaging", "proof_of_value"),
        "delay": (),
        "wrong_delivery": ("proof_of_value",),
        "return_dispute": ("damage_photo", "serial_number", "proof_of_value"),
        "cold_chain": ("damage_photo", "proof_of_value"),
    }[claim_kind]
    return tuple(kind for kind in wanted if rng.random() < 0.55)
