"""WeChat's encryption: what is sealed opens again, and what was changed is refused (IN-1, IN-8)."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.adapters.wechat_crypto import MessageCipher, Undecipherable, signs_raw_data
from tests.unit.intake.social import AES_KEY, APP_ID, CIPHER


@pytest.mark.req("IN-1")
@given(st.binary(max_size=300), st.binary(min_size=16, max_size=16))
def test_what_is_sealed_opens_again(message: bytes, prefix: bytes) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(message, prefix)) == message
    assert CIPHER.decrypt(CIPHER.encrypt(message)) == message


@pytest.mark.req("IN-1", "IN-6")
@given(st.binary(max_size=100))
def test_blocks_are_of_32_and_the_same_message_is_sealed_the_same(message: bytes) -> None:
    sealed = CIPHER.encrypt(message)
    assert len(base64.b64decode(sealed)) % 32 == 0
    assert sealed == CIPHER.encrypt(message)
    assert sealed[:22] != CIPHER.encrypt(message + b"!")[:22]


@pytest.mark.req("IN-8")
@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda b: base64.b64encode(b).decode())))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(text)


def raw(content: bytes) -> str:
    """`content` encrypted as it is: no prefix, length, app id or padding is added."""
    encryptor = CIPHER._cipher().encryptor()
    return base64.b64encode(encryptor.update(content) + encryptor.finalize()).decode()


@pytest.mark.req("IN-8")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x20" * 32,
        b"r" * 16 + b"\x10" * 16,
        b"r" * 16 + b"\0\0\0" + b"\x0d" * 13,
        b"r" * 16 + b"\xff\xff\xff\xff" + b"\x0c" * 12,
        b"r" * 16 + b"\0\0\0\0" + b"\x0c" * 12,
        b"r" * 31 + b"\0",
        b"r" * 31 + b"\x21",
        b"r" * 30 + b"\1\2",
    ],
)
def test_a_plaintext_of_another_shape_is_refused(content: bytes) -> None:
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(raw(content))


@pytest.mark.req("IN-8")
def test_another_way_to_write_the_same_bytes_is_refused() -> None:
    sealed = CIPHER.encrypt(b"12345678")
    assert sealed.endswith("=")
    last = sealed.rstrip("=")[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = sealed.rstrip("=")[:-1] + alphabet[alphabet.index(last) + 1] + "=" * sealed.count("=")
    assert base64.b64decode(other) == base64.b64decode(sealed)
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(other)


@pytest.mark.req("IN-8")
@pytest.mark.parametrize("app_id", ["", "wx", APP_ID + "0", APP_ID[:-1], "0" + APP_ID])
def test_a_message_for_another_app_is_refused(app_id: str) -> None:
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(MessageCipher.of(AES_KEY, app_id).encrypt(b"hello"))


@pytest.mark.req("SY-5")
def test_the_key_is_not_printed() -> None:
    assert "key" not in repr(CIPHER)


@pytest.mark.req("IN-1")
def test_a_mini_programs_raw_data_is_signed_with_its_session_key() -> None:
    signature = hashlib.sha1('{"nickName":"小李"}key'.encode()).hexdigest()
    assert signs_raw_data(signature, '{"nickName":"小李"}', "key")
    assert not signs_raw_data(signature, '{"nickName":"小王"}', "key")
    assert not signs_raw_data("签名", "{}", "key")
