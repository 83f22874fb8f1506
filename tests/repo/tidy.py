"""The repository's own rules: sizes, names that must not be used, words that must not appear.

Each check takes files and gives one line for each finding: where it is, what was found, and what to
write instead. `test_tidy.py` applies them to the repository and shows that each of them bites.
"""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
PACKAGES: Final = ("policies", "sim", "lab")

MODULE_LINES_MAX: Final = 400
FUNCTION_LINES_MAX: Final = 70
REASON_TO_BE_LONG: Final = "This module is long because"

NO_CLOCK: Final = "take the time as an argument (`at`, `now`): float seconds that the driver supplies"
NO_CHANCE: Final = "draw from `sim.streams.Streams.of(purpose, entity)`, so that seeds decide"
NO_FILES: Final = "do it in sim/ or lab/ and hand over the value"
NO_OUTPUT: Final = "return a value; what a person sees is written by lab/"

# What must not be used, and what to write instead. Names are as a reader resolves them: after
# `from time import time as t`, the call `t()` is `time.time`.
BANNED_IN_RUNS: Final = {
    "random": NO_CHANCE,
    "secrets": NO_CHANCE,
    "uuid.uuid4": NO_CHANCE,
    "numpy.random.seed": NO_CHANCE,
    "numpy.random.rand": NO_CHANCE,
    "numpy.random.random": NO_CHANCE,
    "time.time": NO_CLOCK,
    "time.time_ns": NO_CLOCK,
    "time.sleep": NO_CLOCK,
    "datetime.datetime.now": NO_CLOCK,
    "datetime.datetime.utcnow": NO_CLOCK,
    "datetime.date.today": NO_CLOCK,
    "print": NO_OUTPUT,
}
BANNED_IN_POLICIES: Final = {
    **BANNED_IN_RUNS,
    "time": NO_CLOCK,
    "datetime": NO_CLOCK,
    "os": NO_FILES,
    "sys": NO_FILES,
    "io": NO_FILES,
    "pathlib": NO_FILES,
    "open": NO_FILES,
    "subprocess": NO_FILES,
    "importlib": "load a user's rule in sim/ or lab/ and hand over the class",
    "logging": "return a decision with its reason; the driver logs it",
    "asyncio": "nothing here waits: answer `next_wakeup` and be stepped",
    "threading": "nothing here waits: answer `next_wakeup` and be stepped",
    "socket": NO_FILES,
}

# Patterns are written so that they do not match this file.
BANNED_TEXT: Final = {
    r"\b(?:test\.)?(?:p[y]pi|p[y]thonhosted|np[m]js|ruby[g]ems|pr[o]xy\.golang)\.(?:org|python\.org)\b": (
        "a package registry's host; name the package only, people have their own index"
    ),
    r"(?<![\w.\-/}])/(?:work|tmp|root)(?=/|(?![\w\-])(?!\.\w))": (
        "a folder of one machine; use a path relative to the repository, or `mktemp`, `tmp_path`"
    ),
}


def modules(*folders: str) -> list[Path]:
    """All Python files of these folders, and of Windtunnel's packages if none is given."""
    return sorted(path for name in folders or PACKAGES for path in (ROOT / name).rglob("*.py"))


def tracked_files() -> list[Path]:
    """The files that Git tracks or would add; none without Git, as in a source archive."""
    if not (ROOT / ".git").exists():
        return []
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return sorted(path for path in paths if path.is_file())


def place(path: Path, line: int) -> str:
    """How a finding names its place, so that terminals and editors can jump there."""
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{line}"


def long_modules(paths: Iterable[Path]) -> Iterator[str]:
    """Modules over the limit whose docstring does not say why."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        lines = text.count("\n")
        docstring = " ".join((ast.get_docstring(ast.parse(text)) or "").split())
        if lines > MODULE_LINES_MAX and REASON_TO_BE_LONG not in docstring:
            yield (
                f"{place(path, 1)} has {lines} lines, at most {MODULE_LINES_MAX} are expected; "
                f'split it by concept, or write "{REASON_TO_BE_LONG} ..." into its docstring'
            )


def long_functions(paths: Iterable[Path]) -> Iterator[str]:
    """Functions over the limit, docstrings not counted."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)
            if lines > FUNCTION_LINES_MAX:
                yield (
                    f"{place(path, node.lineno)} `{node.name}` has {lines} lines, at most "
                    f"{FUNCTION_LINES_MAX} are expected; keep the branches and move the leaves out"
                )


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    if ast.get_docstring(node) is None or first.end_lineno is None:
        return 0
    return first.end_lineno - first.lineno + 1


def banned_uses(paths: list[Path], banned: dict[str, str]) -> Iterator[str]:
    """Imports, attributes and calls whose resolved name, or a module it is in, is banned."""
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for line, name in sorted(set(_used_names(tree))):
            rule = next((rule for rule in _prefixes(name) if rule in banned), None)
            if rule is not None:
                yield f"{place(path, line)} uses {name}; {banned[rule]}"


def _prefixes(name: str) -> Iterator[str]:
    """`a.b.c` is in `a`, in `a.b` and is `a.b.c`."""
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _used_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of all that is imported, and of what is used of it or of the built-ins."""
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        for line, local, name in _imports(node):
            imported[local] = name
            yield line, name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            root, rest = _dotted(node)
            if root in imported:
                yield node.lineno, f"{imported[root]}.{rest}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, imported.get(node.func.id, node.func.id)


def _imports(node: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Line, the name that the import binds, and what that name stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.split(".", maxsplit=1)[0]
            yield node.lineno, alias.asname or top, alias.name if alias.asname else top
    elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
        for alias in node.names:
            yield node.lineno, alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.Attribute) -> tuple[str, str]:
    """`a.b.c` as ("a", "b.c"); the first is empty if it does not start with a name."""
    parts = [node.attr]
    inner = node.value
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    return (inner.id if isinstance(inner, ast.Name) else ""), ".".join(reversed(parts))


def banned_text(paths: Iterable[Path]) -> Iterator[str]:
    """Lines of text files that hold a banned pattern."""
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for pattern, instead in BANNED_TEXT.items():
            for match in re.finditer(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{place(path, line)} has {match.group()!r}: {instead}"


def missing_charters(folders: Iterable[Path]) -> Iterator[str]:
    """Folders with modules whose `__init__.py` is missing or has no docstring."""
    for folder in sorted(set(folders)):
        charter = folder / "__init__.py"
        if not charter.is_file():
            yield f"{place(charter, 1)} is missing; write down what lives here, and what must not"
        elif ast.get_docstring(ast.parse(charter.read_text(encoding="utf-8"))) is None:
            yield f"{place(charter, 1)} has no docstring; say what lives here, and what must not"
