"""WeChat official account (微信公众号) and WeCom (企业微信): XML, plain or encrypted, answered with a passive reply."""

from dataclasses import dataclass

from services.intake.adapters import wechat_xml
from services.intake.adapters.direct_message import DirectMessage, accept_event, accept_message
from services.intake.adapters.social_table import table
from services.intake.adapters.sorted_sha1 import echo, echo_word, require_signed, sorted_sha1
from services.intake.adapters.wechat_crypto import MessageCipher, Undecipherable
from services.intake.adapters.wechat_message import (
    WechatMessage,
    asked_node,
    is_known,
    mark_of,
    media_of,
    read_message,
    words_of,
)
from services.intake.credentials import Credentials, GatewaySecrets
from services.intake.delivery import Accepted, Adapter, Answer, Delivery, Reason, Rejected, Verified
from services.intake.gateways import Kind
from services.intake.handbook.reply import told
from services.intake.handbook.shelf import Shelf
from shared.contracts.parcels import Node
from shared.contracts.people import Channel
from shared.security.identity import IdentityKey

XML = "text/xml"
DONE = {Kind.WECHAT: Answer(b"success", "text/plain"), Kind.WECOM: Answer(b"", "text/plain")}
"""What says that all is well and nothing is to be shown to the customer."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """How an encrypted answer is sealed and signed."""

    token: str
    cipher: MessageCipher

    def seal(self, content: bytes, timestamp: int) -> bytes:
        """The same answer to the same message, whenever it is asked: even the nonce follows from it."""
        encrypted = self.cipher.encrypt(content)
        nonce = str(int.from_bytes(self.cipher.fingerprint(encrypted.encode())[:5], "big"))
        signature = sorted_sha1(self.token, str(timestamp), nonce, encrypted)
        return wechat_xml.write(
            {"Encrypt": encrypted, "MsgSignature": signature, "TimeStamp": timestamp, "Nonce": nonce}
        )


@dataclass(frozen=True, slots=True)
class Opened:
    message: WechatMessage
    envelope: Envelope | None


def _envelope(secrets: GatewaySecrets) -> Envelope | None:
    if secrets.token and secrets.aes_key and secrets.app_id:
        return Envelope(secrets.token, MessageCipher.of(secrets.aes_key, secrets.app_id))
    return None


def verify(delivery: Delivery, credentials: Credentials) -> Verified:
    """Where gateways.json has an aes_key only what is encrypted counts; else the plain fields do.

    A plain body is not signed, so once there is a key, taking plain ones too would undo what the key is for. In the
    compatible mode (兼容模式) the body has both.
    """
    secrets = credentials.of(delivery.gateway)
    envelope = _envelope(secrets)
    if envelope is None:
        require_signed(delivery, secrets.token)
    fields = wechat_xml.read(delivery.body)
    if envelope is not None:
        fields = wechat_xml.read(_decrypted(delivery, envelope, fields.get("Encrypt", ""), "the message"))
    elif "Encrypt" in fields and "MsgType" not in fields:
        raise Rejected(Reason.INVALID, "the message is encrypted, and gateways.json has no aes_key for this gateway")
    message = read_message(fields)
    cause = f"gateway/{delivery.gateway.name}/{mark_of(message, fields)}"
    return Verified(cause, delivery.body, Opened(message, envelope))


def _decrypted(delivery: Delivery, envelope: Envelope, encrypted: str, what: str) -> bytes:
    if not encrypted:
        raise Rejected(Reason.SIGNATURE, f"{what} is not encrypted, and this gateway has an aes_key")
    require_signed(delivery, envelope.token, "msg_signature", encrypted)
    try:
        return envelope.cipher.decrypt(encrypted)
    except Undecipherable as error:
        raise Rejected(Reason.SIGNATURE, str(error)) from None


def verify_wecom(delivery: Delivery, credentials: Credentials) -> Verified:
    """WeCom has no plain mode."""
    _require_envelope(credentials.of(delivery.gateway))
    return verify(delivery, credentials)


def _require_envelope(secrets: GatewaySecrets) -> Envelope:
    envelope = _envelope(secrets)
    if envelope is None:
        raise Rejected(Reason.SIGNATURE, "token, aes_key and app_id of this gateway are not all known")
    return envelope


def normalise(delivery: Delivery, verified: Verified, identity: IdentityKey) -> Accepted:
    opened: Opened = verified.parsed
    message, kind = opened.message, delivery.gateway.kind
    words = words_of(message, table())
    if words is None:
        if (node := asked_node(message)) is not None:
            answer = Answer(_reply(opened, _about(node, delivery.handbook)), XML)
            return accept_event(delivery, verified.cause, "playbook", answer)
        return accept_event(delivery, verified.cause, str(message.event), DONE[kind])
    media = media_of(message)
    contact = DirectMessage(Channel.WECHAT, _handle(message, kind), *words, message.CreateTime, media=media)
    answer = Answer(_reply(opened, _receipt(contact, delivery.handbook)), XML)
    unknown = () if is_known(message) else (message.MsgType,)
    return accept_message(delivery, verified.cause, contact, identity, answer, unknown)


def _about(node: Node, shelf: Shelf) -> str:
    """A click says no language: the menu is in Chinese."""
    words, found = table().handbook, shelf.at(node, "zh")
    return told(found, words, "zh") if found else words.not_yet.zh


def _receipt(contact: DirectMessage, shelf: Shelf) -> str:
    """Who wrote nothing but a node's name is told of the node at once; the contact goes on all the same."""
    if (named := shelf.named(contact.written)) is not None:
        node, language = named
        return told(node, table().handbook, language)
    return table().receipt.in_language(contact.language)


def _handle(message: WechatMessage, kind: Kind) -> str:
    """An openid belongs to one account and one person; a UserID of WeCom only to one corporation."""
    return message.sender if kind is Kind.WECHAT else f"wecom:{message.ToUserName}/{message.sender}"


def _reply(opened: Opened, text: str) -> bytes:
    message, envelope = opened.message, opened.envelope
    timestamp = int(message.CreateTime.timestamp())
    content = wechat_xml.write(
        {
            "ToUserName": message.sender,
            "FromUserName": message.ToUserName,
            "CreateTime": timestamp,
            "MsgType": "text",
            "Content": text,
        }
    )
    return envelope.seal(content, timestamp) if envelope else content


def greet(delivery: Delivery, credentials: Credentials) -> Answer:
    require_signed(delivery, credentials.of(delivery.gateway).token)
    return echo(delivery)


def greet_wecom(delivery: Delivery, credentials: Credentials) -> Answer:
    """WeCom's word comes encrypted and is sent back in the clear."""
    envelope = _require_envelope(credentials.of(delivery.gateway))
    return Answer(_decrypted(delivery, envelope, echo_word(delivery), "echostr"), "text/plain")


ADAPTER = Adapter(verify, normalise, greet=greet)
WECOM = Adapter(verify_wecom, normalise, greet=greet_wecom)
