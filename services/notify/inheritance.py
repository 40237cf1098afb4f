"""Templates put together at load with what they extend, so that rendering one is running one function (NO-8).

Jinja resolves `extends` and each block anew for every rendering, which takes longer than writing the text.
"""

from collections.abc import Iterable, Mapping

from jinja2 import Environment, Template, nodes

_OF_THEIR_OWN: tuple[type[nodes.Node], ...] = (
    nodes.Assign,
    nodes.AssignBlock,
    nodes.Macro,
    nodes.Import,
    nodes.FromImport,
    nodes.Include,
)
"""What means something else where it stands in another place."""
_OF_A_BLOCK = ("super", "self")
_PARTS = ("body", "else_", "elif_")


def whole(environment: Environment, name: str) -> Template:
    """The template of that name; put together unless something in it needs its blocks kept apart (super())."""
    trees = list(_chain(environment, name))
    if any(_keeps_apart(tree) for tree in trees):
        return environment.get_template(name)
    blocks: dict[str, nodes.Block] = {}
    for tree in trees:
        for block in tree.find_all(nodes.Block):
            blocks.setdefault(block.name, block)
    root = trees[-1]
    root.body = _joined(_filled(root.body, blocks))
    code = environment.compile(root, name, name)
    return Template.from_code(environment, code, environment.make_globals(None))


def _chain(environment: Environment, name: str) -> Iterable[nodes.Template]:
    """The template, what it extends, and so on."""
    assert environment.loader is not None
    while True:
        tree = environment.parse(environment.loader.get_source(environment, name)[0], name)
        yield tree
        extends = tree.find(nodes.Extends)
        if extends is None:
            return
        assert isinstance(extends.template, nodes.Const)
        name = extends.template.value


def _keeps_apart(tree: nodes.Template) -> bool:
    if any(tree.find(kind) is not None for kind in _OF_THEIR_OWN):
        return True
    return any(found.name in _OF_A_BLOCK for found in tree.find_all(nodes.Name))


def _filled(body: Iterable[nodes.Node], blocks: Mapping[str, nodes.Block]) -> list[nodes.Node]:
    """The same with each block replaced by what it holds."""
    filled: list[nodes.Node] = []
    for node in body:
        if isinstance(node, nodes.Block):
            filled += _filled(blocks[node.name].body, blocks)
            continue
        for part in _PARTS:
            if isinstance(inner := getattr(node, part, None), list):
                setattr(node, part, _filled(inner, blocks))
        filled.append(node)
    return filled


def _joined(body: Iterable[nodes.Node]) -> list[nodes.Node]:
    """Texts that follow each other as one: each is a step of the rendering."""
    joined: list[nodes.Node] = []
    for node in body:
        for part in _PARTS:
            if isinstance(inner := getattr(node, part, None), list):
                setattr(node, part, _joined(inner))
        if isinstance(node, nodes.Output) and joined and isinstance(joined[-1], nodes.Output):
            joined[-1].nodes += node.nodes
        else:
            joined.append(node)
    return joined
