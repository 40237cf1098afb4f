"""Which adapter speaks for which kind of gateway."""

from collections.abc import Mapping

from services.intake.adapters import carrier, kuaidi100, mail, phone, shop, web, wechat, weibo
from services.intake.delivery import Adapter
from services.intake.gateways import Kind

ADAPTERS: Mapping[Kind, Adapter] = {
    Kind.WEB: web.ADAPTER,
    Kind.PHONE: phone.ADAPTER,
    Kind.MAIL: mail.ADAPTER,
    Kind.CARRIER: carrier.ADAPTER,
    Kind.KUAIDI100: kuaidi100.ADAPTER,
    Kind.SHOP: shop.ADAPTER,
    Kind.WECHAT: wechat.ADAPTER,
    Kind.WECOM: wechat.WECOM,
    Kind.WEIBO: weibo.ADAPTER,
}
