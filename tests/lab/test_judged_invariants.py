"""Whether the invariants break that a scenario says break, when it says so, and all others hold."""

import json

import pytest

from lab.judgement import Finding, Judgement, judge
from sim.checks import INVARIANTS, Status, Verdict, Violation, check
from sim.record import Run
from tests.lab.commands import stdout_of
from tests.lab.scenarios import one_task


def verdicts(*, broken: dict[str, float] | None = None, undecided: tuple[str, ...] = ()) -> list[Verdict]:
    """What checks could say: these are broken for the first time then, those undecided, all others hold."""
    said = []
    for code in INVARIANTS:
        at = (broken or {}).get(code)
        if at is not None:
            first = Violation(at=at, text=f"{code} is broken")
            said.append(Verdict(code=code, status=Status.BROKEN, violations=(first,), count=3))
        elif code in undecided:
            said.append(Verdict(code=code, status=Status.UNDECIDED, still_open="a bound was young"))
        else:
            said.append(Verdict(code=code, status=Status.HOLDS))
    return said


def a_run(expect: str) -> Run:
    """A run of 10 minutes of which this is expected under any policy."""
    return one_task(f"expect: {{any: {{{expect}}}}}\n")


def interrupted(run: Run, ended_at: float) -> Run:
    """The same run, ended before its time."""
    run.is_complete, run.ended_at = False, ended_at
    return run


def said(run: Run, verdicts: list[Verdict]) -> list[tuple[str, str, str]]:
    """What was expected, what was found, and the finding, one by one."""
    return [(each.expected, each.found, str(each.finding)) for each in judge(run, verdicts)]


OTHERS_HOLD = ("every other invariant holds", "18 hold", "holds")


@pytest.mark.parametrize(
    ("when", "expected", "at", "finding"),
    [
        ("19 s", "L01 breaks at 19 s", 19.0, "holds"),
        ("19 s", "L01 breaks at 19 s", 19.000001, "holds"),
        ("19 s", "L01 breaks at 19 s", 19.1, "fails"),
        ("19 s", "L01 breaks at 19 s", 18.9, "fails"),
        ("[10 s, 20 s]", "L01 breaks between 10 s and 20 s", 10.0, "holds"),
        ("[10 s, 20 s]", "L01 breaks between 10 s and 20 s", 20.0, "holds"),
        ("[10 s, 20 s]", "L01 breaks between 10 s and 20 s", 9.9, "fails"),
        ("[10 s, 20 s]", "L01 breaks between 10 s and 20 s", 20.1, "fails"),
        ("any time", "L01 breaks", 599.0, "holds"),
    ],
)
def test_it_is_the_first_time_that_counts(when: str, expected: str, at: float, finding: str) -> None:
    """At the time, or between the times, that is expected; the times themselves are in time."""
    found = said(a_run(f"breaks: {{L01: {when}}}"), verdicts(broken={"L01": at}))
    assert found == [
        (expected, f"first broken at {at:g} s, 3 times in all: L01 is broken", finding),
        OTHERS_HOLD,
    ]


def test_a_time_that_is_missed_by_little_is_not_printed_as_the_one_that_was_expected() -> None:
    """What was found can be copied into the file, and then holds."""
    ((expected, found, finding), _) = said(a_run("breaks: {L01: 9.9 min}"), verdicts(broken={"L01": 594.125}))
    assert (expected, finding) == ("L01 breaks at 594 s", "fails")
    assert found == "first broken at 594.125 s, 3 times in all: L01 is broken"
    ((_, _, finding), _) = said(a_run("breaks: {L01: 594.125 s}"), verdicts(broken={"L01": 594.125}))
    assert finding == "holds"


def test_what_should_break_and_holds_fails() -> None:
    """A mend is news, too."""
    found = said(a_run("breaks: {L01: any time}"), verdicts())
    assert found == [("L01 breaks", "holds", "fails"), OTHERS_HOLD]


@pytest.mark.parametrize(
    ("when", "finding"), [("any time", "undecided"), ("10 min", "undecided"), ("19 s", "fails")]
)
def test_what_should_break_and_is_undecided_fails_if_its_time_is_over(when: str, finding: str) -> None:
    """A bound that was young at the end of the run cannot break at 19 s any more."""
    found = said(a_run(f"breaks: {{L01: {when}}}"), verdicts(undecided=("L01",)))
    assert (found[0][1:], found[1:]) == (("undecided, a bound was young", finding), [OTHERS_HOLD])


def test_each_invariant_that_should_hold_and_does_not_is_named() -> None:
    """Those that break fail, and those that the run is too short for are undecided."""
    found = said(a_run("breaks: none"), verdicts(broken={"S03": 5.0}, undecided=("L04", "L08")))
    assert found == [
        ("S03 holds", "first broken at 5 s, 3 times in all: S03 is broken", "fails"),
        ("L04 holds", "undecided, a bound was young", "undecided"),
        ("L08 holds", "undecided, a bound was young", "undecided"),
    ]


def test_what_may_be_undecided_may_hold_or_be_undecided_but_not_break() -> None:
    """`undecided` says that the run is too short to tell."""
    run = a_run("breaks: none, undecided: [L04, L08]")
    all_hold = "every invariant holds"
    assert said(run, verdicts()) == [(all_hold, "19 hold", "holds")]
    assert said(run, verdicts(undecided=("L04",))) == [
        (all_hold, "18 hold, L04 undecided, as expected", "holds")
    ]
    assert said(run, verdicts(undecided=("L04",), broken={"L08": 9.0})) == [
        ("L08 holds", "first broken at 9 s, 3 times in all: L08 is broken", "fails")
    ]


def test_an_interrupted_run_shows_only_what_it_got_to() -> None:
    """What broke has broken; what has not may still."""
    run = interrupted(a_run("breaks: {L01: 19 s, L02: 5 min, L05: any time}"), 60.0)
    found = said(run, verdicts(broken={"L05": 20.0}))
    assert [finding for _, _, finding in found] == ["fails", "undecided", "holds", "undecided"]
    assert found[-1] == ("every other invariant holds", "16 hold, when the run ended", "undecided")


def test_a_broken_invariant_has_its_time_and_its_code() -> None:
    """For whoever wants to look at that moment."""
    judgement = judge(a_run("breaks: none"), verdicts(broken={"S03": 5.0}))[0]
    assert (judgement.invariant, judgement.at, judgement.task, judgement.under) == ("S03", 5.0, None, "any")


def test_without_breaks_nothing_is_said_of_invariants() -> None:
    """An expectation of a task is about that task."""
    (only,) = judge(a_run("finished: {task: 1, within: 30 s}"), verdicts(broken={"S03": 5.0}))
    assert (only.finding, only.task) == (Finding.HOLDS, 1)


def test_expectations_of_the_preset_and_of_any_are_both_judged() -> None:
    """Each says for whom its author wrote it."""
    text = "expect: {seed-after: {breaks: {L01: 9 s}}, any: {breaks: none}}\n"
    found: tuple[Judgement, ...] = judge(one_task(text), verdicts(broken={"L01": 9.0}))
    assert [(each.under, each.finding) for each in found] == [
        ("seed-after", Finding.HOLDS),
        ("seed-after", Finding.HOLDS),
        ("any", Finding.FAILS),
    ]


def test_the_checks_are_made_if_nobody_has_made_them() -> None:
    """`judge(run)` alone."""
    run = a_run("breaks: none")
    assert judge(run) == judge(run, check(run))
    assert [each.finding for each in judge(run)] == [Finding.HOLDS]


# how it is shown


def test_run_lists_what_is_broken_with_its_first_violation() -> None:
    """And says how many invariants hold."""
    text = " ".join(stdout_of("run", "609").split())
    assert (
        "Invariants: 17 hold, 2 are broken broken L01 sent soon: first at 19 s, 2 times in all: task " in text
    )
    assert "broken L05 usable once connected: first at 20 s" in text


def test_run_says_what_is_undecided_and_why() -> None:
    """The run ends at 15 s, before the bound of 19 s."""
    text = " ".join(stdout_of("run", "609", "--set", "horizon=15 s", "--set", "expect={}").split())
    assert "undecided L01 sent soon: a runnable task had an eligible slot, not for long yet" in text


def test_a_broken_invariant_that_should_hold_is_exit_code_1() -> None:
    """As any expectation that fails."""
    change = "expect={any: {breaks: none}}"
    text = " ".join(stdout_of("run", "609", "--set", change, code=1).split())
    assert "L01 holds" in text
    assert "first broken at 19 s, 2 times in all: task 608" in text
    assert stdout_of("run", "609", "--policy", "seed-after", "--set", change)


def test_compare_says_what_broke_first_under_each_policy() -> None:
    """A dash where nothing is broken."""
    arguments = ("seed-before", "seed-after", "--scenario", "609", "--set", "expect={}")
    (row,) = [
        line for line in stdout_of("compare", *arguments).splitlines() if line.startswith("first broken")
    ]
    assert row.split() == ["first", "broken", "L01", "at", "19", "s", "–"]


def test_json_has_every_invariant_with_its_violations() -> None:
    """For machines: code, status, when, who and where, and how many in all."""
    shown = json.loads(stdout_of("run", "609", "--json"))["invariants"]
    assert [each["code"] for each in shown] == list(INVARIANTS)
    by_code = {each["code"]: each for each in shown}
    assert by_code["S01"] == {
        "code": "S01",
        "status": "holds",
        "violations": [],
        "count": 0,
        "still_open": "",
    }
    first = by_code["L01"]["violations"][0]
    assert (by_code["L01"]["status"], by_code["L01"]["count"]) == ("broken", 2)
    assert (first["at"], first["task"], first["pod"], first["pool"]) == (19.0, 608, "default-1", "default")
    assert by_code["L05"]["count"] == 114
    assert len(by_code["L05"]["violations"]) == 100


def test_json_of_a_comparison_has_the_invariants_of_each_run() -> None:
    """In the order of the policies."""
    arguments = ("seed-before", "seed-after", "--scenario", "609", "--set", "expect={}", "--json")
    broken = [
        [each["code"] for each in run["invariants"] if each["status"] == "broken"]
        for run in json.loads(stdout_of("compare", *arguments))["runs"]
    ]
    assert broken == [["L01", "L05"], []]
