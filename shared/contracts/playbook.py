"""playbook.v1: the playbook (客户问题解决手册) as customers are told it, whole and by language (RO-10)."""

from shared.contracts.base import Contract, Instant, Language
from shared.contracts.parcels import Node

_KEY = "playbook/"


class Told(Contract):
    """What is asked and answered of one symptom (一问一答)."""

    symptom: str
    question: str
    answer: str


class NodeTold(Contract):
    """A node by its customers' name; `told` in the playbook's order."""

    node: Node
    title: str
    told: tuple[Told, ...]


class PlaybookPublished(Contract):
    """All nodes in one language, as of `version`; it takes the place of whatever stood there."""

    version: str
    language: Language
    nodes: tuple[NodeTold, ...]
    at: Instant


PLAYBOOK_PUBLISHED = "parcelcare.playbook.published"
TYPES: dict[str, type[Contract]] = {PLAYBOOK_PUBLISHED: PlaybookPublished}


def menu_key(node: Node) -> str:
    """The key of a menu's button that asks about a node (微信菜单 KEY)."""
    return _KEY + node.value


def node_of_key(key: str) -> Node | None:
    """The node that such a button asks about; None where the key is not one of these."""
    if not key.startswith(_KEY):
        return None
    try:
        return Node(key.removeprefix(_KEY))
    except ValueError:
        return None
