"""WeChat's message encryption: AES-256-CBC, padded to blocks of 32 bytes, with the app's id inside."""

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PREFIX = 16
BLOCK = 32


class Undecipherable(Exception):
    """A ciphertext that is not for us, or was changed; the message says how, and holds nothing of it."""


@dataclass(frozen=True, slots=True)
class MessageCipher:
    """The secrets of one app. The plaintext is: 16 random bytes, length (4, big-endian), message, app id."""

    key: bytes = field(repr=False)
    app_id: bytes

    @staticmethod
    def of(aes_key: str, app_id: str) -> "MessageCipher":
        """`aes_key` as the console shows it (EncodingAESKey): 43 characters, base64 without its last sign."""
        return MessageCipher(base64.b64decode(aes_key + "="), app_id.encode())

    def decrypt(self, text: str) -> bytes:
        """The message in a ciphertext. Check `msg_signature` first. Raises `Undecipherable`."""
        sealed = _decoded(text)
        if not sealed or len(sealed) % 16:
            raise Undecipherable("the ciphertext is not whole blocks")
        decryptor = self._cipher().decryptor()
        content = _unpadded(decryptor.update(sealed) + decryptor.finalize())[PREFIX:]
        if len(content) < 4:
            raise Undecipherable("the plaintext is too short")
        end = 4 + int(struct.unpack(">I", content[:4])[0])
        # A length beyond the end leaves no app id, so it is refused with those of other apps.
        if not hmac.compare_digest(content[end:], self.app_id):
            raise Undecipherable("the message is for another app, or aes_key is not its key")
        return content[4:end]

    def encrypt(self, message: bytes, prefix: bytes | None = None) -> str:
        """`prefix` stands in for randomness. By default it follows from key and message: the same message, sealed
        again, is the same, and nothing but that can be seen of it."""
        start = self.fingerprint(message) if prefix is None else prefix
        content = start[:PREFIX] + struct.pack(">I", len(message)) + message + self.app_id
        size = BLOCK - len(content) % BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(content + bytes([size]) * size) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def fingerprint(self, message: bytes) -> bytes:
        return hmac.digest(self.key, message, "sha256")

    def _cipher(self) -> Cipher[modes.CBC]:
        # The key's own beginning as initialisation vector is what the platform lays down.
        return Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16]))


def _decoded(text: str) -> bytes:
    try:
        sealed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Undecipherable("the ciphertext is not base64") from None
    # Base64 has spare bits at its end: only one way of writing is taken.
    if base64.b64encode(sealed).decode() != text:
        raise Undecipherable("the ciphertext is not base64")
    return sealed


def _unpadded(content: bytes) -> bytes:
    size = content[-1]
    if not 1 <= size <= BLOCK or content[-size:] != bytes([size]) * size:
        raise Undecipherable("the padding is wrong: aes_key is not the key of this message")
    return content[:-size]


def signs_raw_data(signature: str, raw_data: str, session_key: str) -> bool:
    """Whether a mini program's `rawData` (wx.getUserInfo) is as WeChat handed it out: SHA-1 over it and session_key."""
    expected = hashlib.sha1((raw_data + session_key).encode()).hexdigest()  # noqa: S324
    return hmac.compare_digest(expected.encode(), signature.encode())
