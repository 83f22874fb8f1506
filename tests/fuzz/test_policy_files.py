"""Whatever stands in a policy's file: it is refused with its line, or the run says what the rule answered."""

from pathlib import Path

import pytest

from tests.fuzz.answers import assert_answered
from tests.lab.commands import process, windtunnel
from tests.scenario.texts import HEAD

SCENARIO = f"""\
{HEAD}pool: {{max: 2, initial: 1}}
tasks:
  - {{id: 1, at: 0 s, workspace: a, kind: plan}}
  - {{id: 2, at: 100 s, workspace: a, kind: plan_and_apply}}
"""
IMPORTS = "import math\nfrom typing import ClassVar\nfrom policies import *\n"
PLACE = "    def place(self, task, pool): return None\n"


def placement(*lines: str, head: str = "class X(Placement):") -> str:
    """A file with one placement."""
    return IMPORTS + "\n".join([head, *(f"    {line}" for line in lines)]) + "\n"


def places(*lines: str) -> str:
    """A placement that does this when it is asked."""
    return placement("def place(self, task, pool):", *(f"    {line}" for line in lines))


def scales(answer: str) -> str:
    """An autoscaler that answers this."""
    return placement("def decide(self, pool, now):", f"    return {answer}", head="class X(Autoscaler):")


META = f"""\
{IMPORTS}class M(type(Placement)):
    def __new__(m, *a, **k): raise TypeError('no')
class X(Placement, metaclass=M): pass
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a scenario."""
    (tmp_path / "s.yaml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)
    return tmp_path


IS_NO_RULE = {
    "a bracket": ("class X(", "p.py:1: is no Python: "),
    "tabs and blanks": ("class X:\n\tpass\n        x\n", "p.py:3: is no Python: "),
    "a null byte": ("x='\0'", "p.py:1: is no Python: "),
    "an encoding": ("# -*- coding: nonsense -*-\n", "p.py:1: is no Python: unknown encoding: nonsense"),
    "too many brackets": ("x=" + "(" * 5000, "p.py:1: is no Python: too many nested parentheses"),
    "nothing": ("", "p.py has no class 'X', and no rule at all;"),
    "a number": ("X = 3", "p.py:X is an int; expected a class derived from"),
    "a function": ("def X(): pass", "p.py:X is a function; expected a class derived from"),
    "no family": ("class X: pass", "p.py:X is of no family of rules;"),
    "raises": ("\nraise RuntimeError('a\\nb')", "p.py:2: RuntimeError: a b, while it was imported"),
    "exits": ("import sys; sys.exit(0)", "p.py:1: SystemExit: 0, while it was imported"),
    "no Exception": ("raise GeneratorExit", "p.py:1: GeneratorExit, while it was imported"),
    "one of its own": ("class B(BaseException): pass\nraise B(3)", "p.py:2: B: 3, while it was imported"),
    "recursion": ("def f(): f()\nf()", "p.py:1: RecursionError: maximum recursion depth"),
    "an error without a text": (
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        "p.py:3: E, while it was imported",
    ),
    "no module": ("import nonexistent", "p.py:1: ModuleNotFoundError: No module named 'nonexistent'"),
    "a module's own getattr": (
        "def __getattr__(name): raise RuntimeError(name)",
        "p.py:1: RuntimeError: X, while it was imported",
    ),
    "a metaclass": (
        META,
        "TypeError: no, while it was imported",
    ),
    "an annotation": (placement("limit: Undefined = 3"), "NameError: name 'Undefined' is not defined"),
    "a text as annotation": (
        placement("limit: 'Undefined' = 3") + PLACE,
        "class X: the kinds of its parameters cannot be read: NameError: name 'Undefined' is not defined",
    ),
    "a complex parameter": (
        placement("limit: complex = 1j") + PLACE,
        "class X: its parameter limit cannot be recorded: ",
    ),
    "bytes": (placement("limit: bytes = b'x'") + PLACE, "its parameter limit cannot be recorded: "),
    "a set": (placement("limit: frozenset = frozenset([1])") + PLACE, "limit cannot be recorded: "),
    "a long number": (placement("limit: int = 10**5000") + PLACE, "its parameter limit cannot be recorded: "),
    "half a letter": (placement("limit: str = '\\ud800'") + PLACE, "limit cannot be recorded: "),
    "a name": (placement("called: ClassVar = 3") + PLACE, "class X: called is 3; expected a text"),
    "half a name": (
        placement("called: ClassVar = '\\ud800'") + PLACE,
        "called is '\\ud800'; expected a text",
    ),
    "a rule's name": (placement("rule_name = 3") + PLACE, "class X defines rule_name; expected its name in"),
}


@pytest.mark.parametrize("which", IS_NO_RULE)
@pytest.mark.parametrize(
    "command", [["run", "s.yaml", "--policy"], ["policies", "show"]], ids=["run", "show"]
)
def test_a_file_without_a_rule_is_refused(folder: Path, which: str, command: list[str]) -> None:
    """With the line where there is one, and nothing of it is run or written."""
    text, message = IS_NO_RULE[which]
    (folder / "p.py").write_text(text)
    ran = windtunnel(*command, "p.py:X")
    assert_answered(ran, codes=(2,))
    assert message in ran.err
    assert sorted(path.name for path in folder.iterdir() if path.name != "__pycache__") == ["p.py", "s.yaml"]


FAILS_WHEN_BUILT = {
    "a parameter without a default": placement("limit: int") + PLACE,
    "raises": placement("def __post_init__(self): raise KeyError('x')") + PLACE,
    "a number as annotation": placement("limit: 3 = 3") + PLACE,
}


@pytest.mark.parametrize("which", FAILS_WHEN_BUILT)
def test_a_rule_that_cannot_be_built_is_refused(folder: Path, which: str) -> None:
    (folder / "p.py").write_text(FAILS_WHEN_BUILT[which])
    ran = windtunnel("run", "s.yaml", "--policy", "p.py:X")
    assert_answered(ran, codes=(2,))
    assert "--policy p.py:X: policy.placement: " in ran.err


FAILS = {
    "too few arguments": placement("def place(self): return None"),
    "too many arguments": placement("def place(self, a, b, c): return None"),
    "no function": placement("place = 3"),
    "a generator": places("yield None"),
    "recursion": places("return self.place(task, pool)"),
    "no memory": places("raise MemoryError"),
    "an error of ours": places("from sim.errors import InputError", "raise InputError('mine')"),
    "a closed pipe": places("raise BrokenPipeError(32, 'x')"),
    "a full disk": places("raise OSError(28, 'full')"),
    "a file that is not there": places("open('/nowhere/at/all')"),
    "no Exception": places("raise GeneratorExit"),
    "exits": places("raise SystemExit(0)"),
    "exits when built": placement("def __post_init__(self): raise SystemExit(0)") + PLACE,
    "an answer that cannot be shown": places(
        "class E:", "    def __repr__(self): raise ValueError('no')", "return E()"
    ),
    "an answer of ten million letters": places("return 'x' * 10_000_000"),
    "an answer with commands for a terminal": places(
        "class E:", "    def __repr__(self): return 'a\\nb\\x1b[31m'", "return E()"
    ),
    "changes the pool": places("pool.min = 3"),
    "infinitely many pods": scales("Target(math.inf, Reason.BY_RULE)"),
    "no number of pods": scales("Target(math.nan, Reason.BY_RULE)"),
    "half a pod": scales("Target(0.5, Reason.BY_RULE)"),
    "a pod less than none": scales("Target(-1, Reason.BY_RULE)"),
    "a text": scales("Target('3', Reason.BY_RULE)"),
    "a reason of its own": scales("Target(1, 'because')"),
    "compares nothing that is a number": scales("Target(1, Reason.BY_RULE, {'a': math.nan})"),
    "compares minus infinity": scales("Target(1, Reason.BY_RULE, {'a': -math.inf})"),
    "compares without names": scales("Target(1, Reason.BY_RULE, {1: 2})"),
    "compares half a letter": scales("Target(1, Reason.BY_RULE, {'\\ud800': 2})"),
    "three answers": placement("def next_task(self, w): return 1, 2, 3", head="class X(QueueRule):"),
    "no reason": placement("def next_task(self, w): return ()", head="class X(QueueRule):"),
}


@pytest.mark.slow
@pytest.mark.parametrize("which", FAILS)
def test_a_rule_that_fails_in_the_run_is_named(folder: Path, which: str) -> None:
    """Exit code 3, whatever it answers or raises, and no line that nobody could read."""
    (folder / "p.py").write_text(FAILS[which])
    ran = windtunnel("run", "s.yaml", "--policy", "p.py:X")
    assert_answered(ran, codes=(3,))
    assert "policy X failed at " in ran.err or "a policy failed: " in ran.err


NUMBERS = {
    "infinity": "math.inf",
    "a truth": "True",
    "a whole number of 64 bits and more": "10**30",
}


@pytest.mark.parametrize("which", NUMBERS)
def test_a_rule_may_compare_any_number_that_a_record_holds(folder: Path, which: str) -> None:
    (folder / "p.py").write_text(scales(f"Target(1, Reason.BY_RULE, {{'a\\n': {NUMBERS[which]}}})"))
    ran = windtunnel("run", "s.yaml", "--policy", "p.py:X", "--log")
    assert_answered(ran, codes=(0,))


@pytest.mark.slow
def test_a_policy_that_closes_standard_error_costs_its_messages_only(folder: Path) -> None:
    """Which is where its output goes while it is loaded."""
    (folder / "p.py").write_text("import sys; sys.stdout.close()\n" + placement() + PLACE)
    done = process("run", "s.yaml", "--policy", "p.py:X", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "simulated" in done.stdout
