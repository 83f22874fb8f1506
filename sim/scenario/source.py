"""The text of a scenario file as a plain tree, and where in the text each part of it stands.

YAML is read by the 1.2 core rules for scalars: only `true` and `false` are booleans, `12:30` and a
date stay text, `010` is ten. What YAML would let pass in silence is refused: a key written twice, a
tag, a value left empty. Anchors, aliases and `<<` work; a key's line is where it was first written.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sim.errors import InputError

Path = tuple[str | int, ...]
"""Keys and list indexes from the root of the tree to a part of it."""


def dotted(path: Path) -> str:
    """A path as `--set` takes it: `tasks.0.plan`."""
    return ".".join(map(str, path))


PARTS_MAX: Final = 5_000_000
"""How many parts a file may have with its aliases written out; no file that is meant has more."""

DEPTH_MAX: Final = 40
"""How deep a file may be nested; a scenario needs less than ten."""

_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times as fast


class _Loader(_BaseLoader):  # type: ignore[misc]  # the base is chosen at import
    """A loader that resolves scalars by the YAML 1.2 core rules."""

    yaml_implicit_resolvers: ClassVar[Any] = {}


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]{1,300}$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])


_SCALARS: Final[Mapping[str, Callable[[str], Any]]] = {
    "str": str,
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": float,
}

_COLLECTIONS: Final = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class Document:
    """A parsed file: its `tree` of dicts, lists and scalars, and the line of each part."""

    def __init__(self, name: str, root: Node, tree: dict[str, Any]) -> None:
        self.name = name
        self.tree = tree
        self._root = root

    def line(self, path: Path) -> int:
        """The line (from 1) of this part, or of the nearest part around it that is in the file."""
        node, line = self._root, _line(self._root)
        for part in path:
            child = _child(node, part)
            if child is None:
                return line
            node, line = child
        return line


def read_document(text: str | bytes, name: str) -> Document:
    """The document in `text`, UTF-8 if it is bytes; `name` is what messages call it.

    Raises InputError, naming the line, if it is empty, is no YAML, or has no mapping at its top.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError(f"{name}: is no text (UTF-8); expected a scenario in YAML") from None
    root = _compose(text, name)
    if root is None:
        raise InputError(f"{name}: is empty; expected a scenario (title, story, horizon, pool, ...)")
    tree = _Builder(name).build(root)
    if not isinstance(tree, dict):
        raise InputError(
            f"{name}:{_line(root)}: has {_kind(tree)} at its top; expected keys with values "
            "(title: ..., story: ..., horizon: ...)"
        )
    return Document(name, root, tree)


def parse_value(text: str) -> Any:
    """One value as it would be read in a file, for `--set`; ValueError if it is no YAML."""
    try:
        root = _compose(text, "value")
        return None if root is None else _Builder("value").build(root)
    except InputError as error:
        raise ValueError(f"{text!r} is no value: {str(error).partition(': ')[2]}") from None


def _compose(text: str, name: str) -> Node | None:
    try:
        _refuse_deep_nesting(text, name)
        loader = _Loader(text)
        try:
            node: Node | None = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise InputError(f"{place}: is no YAML: {_sentence(error)}") from None
    except yaml.YAMLError as error:  # characters that no YAML text may hold
        raise InputError(f"{name}: is no text: {' '.join(str(error).split())}") from None
    return node


def _refuse_deep_nesting(text: str, name: str) -> None:
    """The parser's events are flat; composing them recurses, and libyaml's composer dies of a deep file."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_MAX:
                place = f"{name}:{event.start_mark.line + 1}" if event.start_mark else name
                raise InputError(f"{place}: is nested too deeply to be a scenario")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _sentence(error: yaml.MarkedYAMLError) -> str:
    text = ", ".join(part for part in (error.context, error.problem) if part)
    if "\\t" in text or "tab" in text:
        text += "; indent with spaces, not with tabs"
    elif "mapping values are not allowed" in text:
        text += "; put text that holds ': ' in quotes, and check the indentation"
    return text


class _Builder:
    """Builds the tree of a node, and refuses what YAML lets pass."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0
        self._open: set[int] = set()

    def build(self, node: Node) -> Any:
        """The plain value of a node."""
        self._count += 1
        if self._count > PARTS_MAX:
            self._fail(node, f"aliases make more than {PARTS_MAX} parts of this file")
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if node.tag not in _COLLECTIONS:
            self._fail(node, f"the tag {node.tag!r} means nothing in a scenario; remove it")
        if id(node) in self._open:
            self._fail(node, "an alias stands inside what it refers to")
        self._open.add(id(node))
        value: Any
        if isinstance(node, MappingNode):
            value = self._mapping(node)
        else:
            value = [self.build(item) for item in node.value]
        self._open.discard(id(node))
        return value

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._fail(key_node, "a key must be plain text")
            key = key_node.value
            value = self.build(value_node)
            if key_node.tag.endswith(":merge"):
                for source in value if isinstance(value, list) else [value]:
                    if not isinstance(source, dict):
                        self._fail(value_node, "'<<' takes in mappings only")
                    merged = source | merged
            elif key in own:
                self._fail(key_node, f"the key {key!r} is already written in line {lines[key]}")
            else:
                own[key] = value
                lines[key] = _line(key_node)
        return merged | own

    def _scalar(self, node: ScalarNode) -> Any:
        tag = node.tag.rpartition(":")[2]
        if tag not in _SCALARS:
            self._fail(node, f"the tag {node.tag!r} means nothing in a scenario; remove it")
        try:
            return _SCALARS[tag](node.value)
        except ValueError:
            return self._fail(node, f"{node.value!r} is no {tag}")

    def _fail(self, node: Node, what: str) -> Any:
        raise InputError(f"{self._name}:{_line(node)}: {what}")


def _child(node: Node, part: str | int) -> tuple[Node, int] | None:
    if isinstance(node, SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        item = node.value[part]
        return item, _line(item)
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == part:
                return value_node, _line(key_node)
        for merged in _merged(node):
            found = _child(merged, part)
            if found is not None:
                return found
    return None


def _merged(node: MappingNode) -> Iterator[Node]:
    for key_node, value_node in node.value:
        if key_node.tag.endswith(":merge"):
            yield from value_node.value if isinstance(value_node, SequenceNode) else [value_node]


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "a single value"
