"""What goes wrong with files: slips of editors, values of other kinds, cut-off and damaged bytes."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import yaml
from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]

NASTY: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 3.5, -0.0, 1e308, -1e308, 5e-324, 10**30, -(10**30)),
    *("", " ", "never", "none", "all", "any time", "nan", ".nan", ".inf", "-.inf", "1e999", "0x10", "1_000"),
    *(
        "6 s",
        "-6 s",
        "6",
        "6 parsec",
        "0 s",
        "1e-300 s",
        "1e300 s",
        "6 s 6",
        "1 per s",
        "1e300 per s",
        "-1 per h",
    ),
    *("plan", "P5", "seed-after", "x.py:Y", ":", "..:x", "os:path", "609", "2024-01-01", "12:30", "default"),
    *(
        "ünï",
        "\u202e",
        "\U0001f600",
        "a\nb",
        "\x1b[31m",
        "\x00",
        "\ufeff",
        "x" * 5000,
        "{",
        "[",
        "*a",
        "&a",
        "!!python/x",
    ),
    *([], {}, [None], [[]], {"": 1}, {"a": {}}, ["6 s"], ["6 s", "never"], {"uniform": ["2 s", "1 s"]}),
    *(
        {"uniform": 3},
        {"normal": {"mean": "1 s", "sd": "1 s", "min": "9 d"}},
        {"mixture": [{"weight": 0, "of": "1 s"}]},
    ),
    *({"empirical": {"file": "nowhere.csv", "column": "x"}}, {"gamma": {"mean": "1 s", "shape": 1e-300}}),
    *({"trace": {"file": "."}}, {"rule": {"a": 1}}, {"fault": ["x"]}, [{"id": 1}], {"L01": {"within": "x"}}),
)
"""Values that mean nothing, something else, or too much."""

KEYS = (
    "",
    "min",
    "max",
    "rule",
    "at",
    "every",
    "for",
    "from",
    "pool",
    "<<",
    "~",
    "ünï",
    "a.b",
    "0",
    "x" * 300,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all parts of a tree but the tree itself."""
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, part in items:
        found += places(part, (*path, key))
    return found


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


@st.composite
def damaged_trees(draw: Draw, tree: dict[str, Any]) -> dict[str, Any]:
    """The tree with one to three parts that are gone, renamed, wrapped, moved, or another value."""
    damaged = deepcopy(tree)
    for _ in range(draw(st.integers(1, 3))):
        paths = places(damaged)
        if not paths:
            break
        path = draw(st.sampled_from(paths))
        around, key = _at(damaged, path[:-1]), path[-1]
        how = draw(st.sampled_from(["value", "value", "value", "gone", "wrapped", "moved", "key", "renamed"]))
        if how == "value":
            around[key] = deepcopy(draw(st.sampled_from(NASTY)))
        elif how == "gone":
            del around[key]
        elif how == "wrapped":
            around[key] = [around[key]]
        elif how == "moved":
            around[key] = deepcopy(_at(damaged, draw(st.sampled_from(paths))))
        elif isinstance(around, dict):
            value = around.pop(key) if how == "renamed" else deepcopy(draw(st.sampled_from(NASTY)))
            around[draw(st.sampled_from(KEYS))] = value
    return damaged


def as_yaml(tree: Any) -> bytes:
    """The tree as a file, with whatever is in it."""
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass")


BYTES = (
    *(
        b"",
        b"\t",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b":",
        b"- ",
        b"? ",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"'",
    ),
    *(
        b"&a ",
        b"*a",
        b"<<: *a",
        b"!!binary ",
        b"!x ",
        b"%YAML 1.1\n",
        b"---\n",
        b"...\n",
        b"|",
        b">",
        b"#",
        b",,,",
        b"\x1b",
    ),
    *(
        b"\xed\xa0\x80",
        b"\xe2\x80\xa8",
        b"9" * 400,
        b"[" * 200,
        b"x" * 3000,
        b"- - - - ",
        b"null",
        b"~",
        b"1e400",
    ),
)


@st.composite
def damaged_bytes(draw: Draw, content: bytes) -> bytes:
    """The bytes with pieces cut out, put in, doubled, exchanged, or cut off."""
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, max(len(content) - 1, 0)))
        end = begin + draw(st.sampled_from([0, 1, 1, 2, 5, 20, 200]))
        how = draw(st.sampled_from(["in", "in", "over", "out", "double", "cut", "lines", "any"]))
        piece = draw(st.sampled_from(BYTES)) if how != "any" else draw(st.binary(max_size=20))
        if how == "cut":
            content = content[:begin]
        elif how == "double":
            content = content[:end] + content[begin:]
        elif how == "lines":
            lines = content.splitlines(keepends=True)
            if lines:
                lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(lines)))
                lines.pop(draw(st.integers(0, len(lines) - 1)))
            content = b"".join(lines)
        else:
            kept = content[begin:] if how == "in" else content[end:]
            content = content[:begin] + (b"" if how == "out" else piece) + kept
    return content
