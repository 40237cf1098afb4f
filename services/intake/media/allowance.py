"""Which addresses of media may be asked at all: a stranger's message must not send us into our own network (SSRF)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from services.intake.media.failures import Later, Never
from shared.contracts.media import MediaFault

_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)
"""A host's name whose last label begins with a letter: no number, in whatever notation, is one."""

_SPACES = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Allowance:
    """`hosts`: names, `*.name` for all below it. `simulator`: a host and port of this machine, for development."""

    hosts: frozenset[str] = frozenset()
    simulator: str = ""

    def checked(self, url: str) -> str:
        """The address as it is to be asked: always by https, for platforms still write http where both are served.

        Raises `Never` for what no honest platform sends, `Later` for a host that an operator may yet list.
        """
        if _SPACES.search(url):
            raise Never(MediaFault.ADDRESS_REFUSED, "the address has a space or a backslash in it")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise Never(MediaFault.ADDRESS_REFUSED, "the address can't be read") from None
        if self.simulator and parts.scheme == "http" and parts.netloc == self.simulator:
            return url
        if not self.hosts:
            raise Never(MediaFault.NOT_CONFIGURED, "media_hosts is empty")
        name = _named(parts, port)
        if not self._lists(name):
            raise Later(f"media_hosts does not list {name}")
        return parts._replace(scheme="https", netloc=name, fragment="").geturl()

    def _lists(self, name: str) -> bool:
        return name in self.hosts or any(f"*.{parent}" in self.hosts for parent in _parents(name))


def _named(parts: SplitResult, port: int | None) -> str:
    if parts.scheme not in ("https", "http"):
        raise Never(MediaFault.ADDRESS_REFUSED, "the address is not one of https")
    if "@" in parts.netloc:
        raise Never(MediaFault.ADDRESS_REFUSED, "the address names a user")
    if port not in (None, 443 if parts.scheme == "https" else 80):
        raise Never(MediaFault.ADDRESS_REFUSED, "the address names a port")
    name = (parts.hostname or "").removesuffix(".")
    if not _NAME.fullmatch(name):
        raise Never(MediaFault.ADDRESS_REFUSED, "the address names no host by a name of the Internet")
    return name


def _parents(name: str) -> Iterable[str]:
    labels = name.split(".")
    return (".".join(labels[i:]) for i in range(1, len(labels) - 1))


def may_be_asked(address: str, own_network: bool = False) -> bool:
    """Whether a name that resolved to this address may be connected to; `own_network`: the operator's own is meant.

    Never this machine, a link's own addresses (where clouds keep their metadata), or a group of machines.
    """
    ip = _unwrapped(ip_address(address.partition("%")[0]))
    if ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return False
    return ip.is_global or (own_network and ip.is_private)


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that is meant, where an IPv6 address only carries one (mapped, 6to4, NAT64)."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    packed = ip.packed
    return IPv4Address(packed[12:]) if packed[:12] == _NAT64 else ip


_NAT64 = bytes.fromhex("0064ff9b") + bytes(8)
