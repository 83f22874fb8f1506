"""Finding a rule by name: built in, a class in a user's file or module, or an entry point.

A user's policy is one class in one file. It is named `path/to/file.py:Class`, `module:Class`, or, if a
distribution offers it under the entry point group `windtunnel.rules`, by the entry point's name. What goes
wrong while a user's file is executed is the user's affair: one message with the line, and no traceback.
"""

import difflib
import importlib
import inspect
import sys
import traceback
import types
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec

from policies.names import nearest
from policies.presets import FAMILIES, RULES, rule_class
from policies.rules.base import Rule, duration_fields
from sim.scenario.overrides import is_text
from sim.scenario.policy_block import why_not_recordable

ENTRY_POINTS: Final = "windtunnel.rules"
OWN: Final = "path/to/file.py:Class"
"""How a class of one's own is named."""
_MODULES: Final = "windtunnel_rule_file"
"""The modules that users' files become are named so, and numbered."""

_loaded: dict[Path, tuple[tuple[int, int], types.ModuleType]] = {}
"""Files by their path, with time of change and size: an edited file is read anew."""
_users_files: set[str] = set()


def find_rule(family: str, name: str) -> type[Rule]:
    """The rule class of this family; ValueError says what is wrong, and names the nearest."""
    if name in RULES[family]:
        return rule_class(family, name)
    if ":" in name or name in _entry_points():
        rule = load_rule(name)
        if rule.family != family:
            raise ValueError(f"{name} is {_a(rule.family)} rule; expected {_a(family)} rule")
        return rule
    raise ValueError(unknown("rule", name, [*RULES[family], *_entry_points(), OWN]))


def find_any_rule(name: str) -> type[Rule]:
    """The rule class of whatever family: `P5`, `my.py:Class`, ...; ValueError as of `find_rule`."""
    for family, rules in RULES.items():
        if name in rules:
            return rule_class(family, name)
    if ":" in name or name in _entry_points():
        return load_rule(name)
    raise ValueError(unknown("rule", name, [*rule_names(), OWN]))


def rule_names() -> list[str]:
    """The names of all rules: those built in, and those that installed distributions offer."""
    return [*(name for rules in RULES.values() for name in rules), *_entry_points()]


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The message of `nearest`, which also knows what differs in upper and lower case only."""
    names = list(known)
    message = nearest(what, name, names)
    alike = [each for each in names if each.lower() == name.lower()]
    if alike and "; did you mean " not in message:
        return f"{message}; did you mean {alike[0]!r}?"
    return message


def prints_aside() -> AbstractContextManager[TextIO | None]:
    """While a user's code is loaded and run, what it prints goes to standard error: the rest is a result."""
    return redirect_stdout(sys.stderr)


def load_rule(reference: str) -> type[Rule]:
    """The class that `path/to/file.py:Class`, `module:Class` or an entry point refers to.

    Raises ValueError, naming file, class and what was expected.
    """
    if reference in _entry_points():
        with _users_code(reference):
            found = _entry_points()[reference].load()
        return _checked(found, reference)
    place, _, name = reference.rpartition(":")
    if not place or not name:
        raise ValueError(f"{reference!r} names no class; expected path/to/file.py:Class or module:Class")
    is_file = place.endswith(".py") or "/" in place or "\\" in place
    module = _load_file(Path(place)) if is_file else _load_module(place)
    with _users_code(
        place, module.__file__ if is_file and module.__file__ else ""
    ):  # a module may compute it
        found = getattr(module, name, None)
    if found is None:
        raise ValueError(_no_class(place, name, module))
    return _checked(found, reference)


@cache
def _entry_points() -> dict[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=ENTRY_POINTS)}


def _load_module(name: str) -> types.ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f"{name!r} is no module's name; expected path/to/file.py:Class or module:Class")
    here = str(Path.cwd())
    with _users_code(name):
        # Last, so that nothing in the current folder can come before an installed module.
        sys.path.append(here)
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name.split(".", maxsplit=1)[0] and error.name != name:
                raise
            raise ValueError(
                f"there is no module {name!r} in {here} or among the installed ones; "
                f"expected path/to/file.py:Class or module:Class"
            ) from None
        finally:
            sys.path.remove(here)
    _users_files.add(getattr(module, "__file__", None) or "")  # a module of the interpreter's has no file
    return module


def _load_file(path: Path) -> types.ModuleType:
    try:
        where = path.resolve()
        status = where.stat()
        source = where.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{path}: cannot be read: {reason}") from None
    stamp = (status.st_mtime_ns, status.st_size)
    known = _loaded.get(where)
    if known is not None and known[0] == stamp:
        return known[1]
    module = types.ModuleType(f"{_MODULES}_{len(_loaded)}_{where.stem}")
    module.__file__ = str(where)
    sys.modules[module.__name__] = module  # before it runs: annotations are looked up there
    try:
        with _users_code(str(path), str(where)):
            exec(compile(source, str(where), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[module.__name__]
        raise
    _loaded[where] = (stamp, module)
    _users_files.add(str(where))
    return module


@contextmanager
def _users_code(name: str, filename: str = "") -> Iterator[None]:
    """Turns what a user's code raises into one ValueError that has the line."""
    try:
        with prints_aside():
            yield
    except SyntaxError as error:
        where = name if error.filename in (filename, None) else error.filename
        raise ValueError(f"{where}:{error.lineno or 1}: is no Python: {error.msg}") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, ValueError) and error.__suppress_context__:
            raise  # ours, from within
        line = _line_in(error, filename)
        place = f"{name}:{line}" if line else name
        raise ValueError(f"{place}: {describe(error)}, while it was imported") from None


def place_in_users_file(error: BaseException) -> str | None:
    """`file:line` of the last line of a user's file that the error, or a cause of it, came through."""
    place = None
    cause: BaseException | None = error
    while cause is not None:
        for frame, line in traceback.walk_tb(cause.__traceback__):
            if frame.f_code.co_filename in _users_files:
                place = f"{_from_here(Path(frame.f_code.co_filename))}:{line}"
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return place


def _from_here(path: Path) -> Path:
    """The path as a person in the current folder would write it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _line_in(error: BaseException, filename: str) -> int | None:
    """The last line of this file that the error came through."""
    lines = [
        line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == filename
    ]
    return lines[-1] if lines else None


def describe(error: BaseException) -> str:
    """An exception in one line: `ZeroDivisionError: division by zero`."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # one that cannot even say what it is
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _checked(found: Any, reference: str) -> type[Rule]:
    bases = ", ".join(each.__name__ for each in FAMILIES.values())
    if not isinstance(found, type):
        raise ValueError(f"{reference} is {_a(type(found).__name__)}; expected a class derived from {bases}")
    if not issubclass(found, Rule) or not issubclass(found, tuple(FAMILIES.values())):
        raise ValueError(
            f"{reference} is of no family of rules; derive it from one of these of `policies`: {bases}"
        )
    if found in FAMILIES.values():
        raise ValueError(f"{reference} is the base class of its family; expected a class derived from it")
    check_methods(found)
    _check_names(found)
    return found


def _check_names(rule: type[Rule]) -> None:
    """Raise ValueError if the names of a class and of its parameters are none that a record can hold."""
    name = rule.own_name()
    if not isinstance(name, str) or not is_text(name):
        raise ValueError(f"class {rule.__name__}: called is {name!r}; expected a text")
    if not isinstance(inspect.getattr_static(rule, "rule_name"), property):
        raise ValueError(f"class {rule.__name__} defines rule_name; expected its name in `called`")
    try:
        duration_fields(rule)
    except Exception as error:  # whatever stands in an annotation that is a text
        raise ValueError(
            f"class {rule.__name__}: the kinds of its parameters cannot be read: {describe(error)}"
        ) from None
    for field in msgspec.structs.fields(rule):
        if field.default is not msgspec.NODEFAULT and (why := why_not_recordable(field.default)):
            raise ValueError(f"class {rule.__name__}: its parameter {field.name} {why}")


def check_methods(rule: type[Rule]) -> None:
    """Raise ValueError if a class lacks a method that its family asks it for, as by a slip of the pen."""
    for name in dir(rule):
        method = inspect.getattr_static(rule, name)
        if not inspect.isfunction(method) or not _is_left_open(method):
            continue
        arguments = ", ".join(list(inspect.signature(method).parameters)[1:])
        own = [each for each, value in vars(rule).items() if inspect.isfunction(value)]
        close = difflib.get_close_matches(name, own, n=1)
        hint = f"; is that what its {close[0]} is to be?" if close else ""
        raise ValueError(f"class {rule.__name__} defines no {name}({arguments}){hint}")


def _is_left_open(method: types.FunctionType) -> bool:
    """Whether it is a method of a base class that only raises NotImplementedError."""
    return method.__module__.startswith("policies.") and method.__code__.co_names == ("NotImplementedError",)


def _no_class(place: str, name: str, module: types.ModuleType) -> str:
    own = [
        each
        for each, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Rule) and value.__module__ == module.__name__
    ]
    if not own:
        return f"{place} has no class {name!r}, and no rule at all; expected a class derived from a family's"
    return f"{place}: {nearest('class', name, own)}"


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiouAEIOU" else f"a {noun}"
