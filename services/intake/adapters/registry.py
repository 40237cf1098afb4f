"""Which adapter speaks for which kind of gateway."""

from collections.abc import Mapping

from services.intake.adapters import (
    aftership,
    amazon_connect,
    asterisk,
    carrier,
    easypost,
    iftsta,
    kuaidi100,
    mail,
    phone,
    sf,
    shop,
    shopify,
    twilio,
    web,
    wechat,
    weibo,
)
from services.intake.delivery import Adapter
from services.intake.gateways import Kind
from services.intake.webchat import message

ADAPTERS: Mapping[Kind, Adapter] = {
    Kind.WEB: web.ADAPTER,
    Kind.WIDGET: message.ADAPTER,
    Kind.PHONE: phone.ADAPTER,
    Kind.MAIL: mail.ADAPTER,
    Kind.CARRIER: carrier.ADAPTER,
    Kind.KUAIDI100: kuaidi100.ADAPTER,
    Kind.SF: sf.ADAPTER,
    Kind.EASYPOST: easypost.ADAPTER,
    Kind.AFTERSHIP: aftership.ADAPTER,
    Kind.IFTSTA: iftsta.ADAPTER,
    Kind.SHOP: shop.ADAPTER,
    Kind.SHOPIFY: shopify.ADAPTER,
    Kind.TWILIO: twilio.ADAPTER,
    Kind.AMAZON_CONNECT: amazon_connect.ADAPTER,
    Kind.ASTERISK: asterisk.ADAPTER,
    Kind.WECHAT: wechat.ADAPTER,
    Kind.WECOM: wechat.WECOM,
    Kind.WEIBO: weibo.ADAPTER,
}
