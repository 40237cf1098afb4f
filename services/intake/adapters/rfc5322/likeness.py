"""How much a text looks like the Chinese that people write: by the characters that make up most of any text."""

import re

# The five hundred most frequent characters, those of parcels and complaints, and both in the traditional form.
_SIMPLIFIED = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经"
    "么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全"
    "三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任"
    "常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必"
    "场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告"
    "类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"
    "您快递包裹单号签派送丢失破损坏赔偿客服请谢订查询催退货款碎顺丰圆申韵寄箱网址联投诉吗呢吧啊哪怎谁早晚点钟杯照片附件邮箱投递"
    "快收站柜驿晨麻烦急错漏少补换亲哦嗯今昨周星期二维码验取价值元钱付费支票发确认登录仓库存省市县区街道楼室栋座村镇乡近远始终"
)
_TRADITIONAL = (
    "這個們來為國說時會對過發後裡種經麼學當沒動還進樣開從實軍無與長機現間問關點業將兩戰應頭體見產話給門東聲員論處義幾認條氣題爾別"
    "變總電數報結務場計資許統區隊決馬書則聽卻達強難權設記類張該規萬領確傳師觀讓識帶導爭運並內"
    "單號遞裹簽購賠償損壞謝請訂詢聯絡郵寄嗎呢誰鐘貨櫃驛煩錯補換親週碼驗價錢費認錄倉庫縣樓棟鎮鄉遠終產麵條碎導致處"
)
_COMMON = frozenset(_SIMPLIFIED + _TRADITIONAL)
_PUNCTUATION = frozenset("，。！？：；、“”‘’（）《》【】—…·　￥")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_FOREIGN = re.compile(r"[^\x00-\x7f\ufffd]")


def likeness(text: str) -> float:
    """1 where every character beyond ASCII is a common one of Chinese, 0 where none is or there are none."""
    foreign = _FOREIGN.findall(text)
    if not foreign:
        return 0.0
    return sum(_weight(character) for character in foreign) / len(foreign)


def _weight(character: str) -> float:
    if character in _COMMON:
        return 1.0
    if character in _PUNCTUATION:
        return 0.6
    # A rare character of Chinese is likelier than a letter of Georgian, which wrong bytes turn into.
    return 0.25 if _HAN.match(character) else 0.0
