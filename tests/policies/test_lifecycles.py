"""The state machines: every cell of every table, and what is said of a pair that no table lists."""

import re

import pytest

from policies.lifecycles import (
    LINK,
    POD,
    ROW,
    SLOT,
    TABLES,
    TASK,
    LinkEvent,
    PodEvent,
    RowEvent,
    SlotEvent,
    Table,
    TaskEvent,
    Verdict,
    judge,
    mermaid,
)
from policies.vocabulary import LinkState, PodState, RowState, SlotState, TaskState

EVENTS: dict[str, list[str]] = {
    "task": list(TaskEvent),
    "slot": list(SlotEvent),
    "pod": list(PodEvent),
    "agent row": list(RowEvent),
    "agent connection": list(LinkEvent),
}
STATES: dict[str, list[str]] = {
    "task": list(TaskState),
    "slot": list(SlotState),
    "pod": list(PodState),
    "agent row": list(RowState),
    "agent connection": list(LinkState),
}
CELLS = [(name, state, event) for name in TABLES for state in STATES[name] for event in EVENTS[name]]
LEGAL = [cell for cell in CELLS if cell[2] in TABLES[cell[0]][cell[1]]]
ILLEGAL = [cell for cell in CELLS if cell not in LEGAL]


def reachable(table: Table, start: str) -> set[str]:
    """The states that some sequence of events leads to, `start` included."""
    found, waiting = {start}, [start]
    while waiting:
        new = set(table[waiting.pop()].values()) - found
        found |= new
        waiting += new
    return found


@pytest.mark.parametrize("name", TABLES)
def test_a_table_lists_every_state_of_its_machine_and_no_other(name: str) -> None:
    assert list(TABLES[name]) == STATES[name]


@pytest.mark.parametrize(("name", "state", "event"), LEGAL)
def test_a_legal_event_leads_to_a_state_of_the_same_machine(name: str, state: str, event: str) -> None:
    assert TABLES[name][state][event] in STATES[name]


@pytest.mark.parametrize("name", TABLES)
def test_every_event_of_a_machine_is_legal_somewhere(name: str) -> None:
    assert {event for table, _, event in LEGAL if table == name} == set(EVENTS[name])


@pytest.mark.parametrize("name", TABLES)
def test_no_table_lists_an_event_of_another_machine(name: str) -> None:
    listed = {event for events in TABLES[name].values() for event in events}
    assert listed <= set(EVENTS[name])


@pytest.mark.parametrize(("name", "state", "event"), ILLEGAL)
def test_every_illegal_pair_gets_a_verdict(name: str, state: str, event: str) -> None:
    assert judge(TABLES[name], state, event) in {
        Verdict.REPEATED,
        Verdict.LATE,
        Verdict.IMPOSSIBLE,
    }


def test_the_tables_have_as_many_legal_and_illegal_pairs_as_they_always_had() -> None:
    """A cell that appears or disappears is a change of the specification."""
    counts = {
        name: (
            sum(cell[0] == name for cell in LEGAL),
            sum(cell[0] == name for cell in ILLEGAL),
        )
        for name in TABLES
    }
    assert counts == {
        "task": (16, 65),
        "slot": (5, 7),
        "pod": (33, 30),
        "agent row": (8, 4),
        "agent connection": (3, 3),
    }


TERMINAL: dict[str, set[str]] = {
    "task": {
        TaskState.SUCCESS,
        TaskState.PLANNED_AND_FINISHED,
        TaskState.APPLIED,
        TaskState.FAILED,
        TaskState.CANCELLED,
    },
    "slot": set(),
    "pod": {PodState.GONE},
    "agent row": set(),
    "agent connection": set(),
}


@pytest.mark.parametrize("name", TABLES)
def test_exactly_the_terminal_states_list_no_event(name: str) -> None:
    assert {state for state, events in TABLES[name].items() if not events} == TERMINAL[name]


@pytest.mark.parametrize("event", TaskEvent)
@pytest.mark.parametrize("state", sorted(TERMINAL["task"]))
def test_nothing_that_happens_to_a_finished_task_is_impossible_news(state: str, event: TaskEvent) -> None:
    assert judge(TASK, state, event) in {Verdict.REPEATED, Verdict.LATE}


@pytest.mark.parametrize("name", TABLES)
def test_every_state_is_reachable_from_the_first(name: str) -> None:
    assert reachable(TABLES[name], STATES[name][0]) == set(STATES[name])


@pytest.mark.parametrize("name", TABLES)
def test_every_state_can_still_come_to_an_end_or_back_to_the_start(name: str) -> None:
    table, ends = TABLES[name], TERMINAL[name] or {STATES[name][0]}
    assert all(reachable(table, state) & ends for state in table)


@pytest.mark.parametrize(
    ("state", "event", "leads_to"),
    [
        (TaskState.PENDING, TaskEvent.SENT, TaskState.PLANNING),
        (TaskState.PENDING, TaskEvent.CANCELLED, TaskState.CANCELLED),
        (TaskState.PLANNING, TaskEvent.ROLLED_BACK, TaskState.PENDING),
        (TaskState.PLANNING, TaskEvent.REQUEUED, TaskState.PENDING),
        (TaskState.PLANNING, TaskEvent.SUCCEEDED, TaskState.SUCCESS),
        (TaskState.PLANNING, TaskEvent.PLANNED, TaskState.APPLY_PENDING),
        (TaskState.PLANNING, TaskEvent.NOTHING_TO_APPLY, TaskState.PLANNED_AND_FINISHED),
        (TaskState.PLANNING, TaskEvent.FAILED, TaskState.FAILED),
        (TaskState.PLANNING, TaskEvent.CANCELLED, TaskState.CANCELLED),
        (TaskState.APPLY_PENDING, TaskEvent.CONFIRMED, TaskState.APPLY_PENDING),
        (TaskState.APPLY_PENDING, TaskEvent.SENT, TaskState.APPLYING),
        (TaskState.APPLY_PENDING, TaskEvent.CANCELLED, TaskState.CANCELLED),
        (TaskState.APPLYING, TaskEvent.ROLLED_BACK, TaskState.APPLY_PENDING),
        (TaskState.APPLYING, TaskEvent.SUCCEEDED, TaskState.APPLIED),
        (TaskState.APPLYING, TaskEvent.FAILED, TaskState.FAILED),
        (TaskState.APPLYING, TaskEvent.CANCELLED, TaskState.CANCELLED),
    ],
)
def test_a_task_moves_as_the_domain_says(state: TaskState, event: TaskEvent, leads_to: TaskState) -> None:
    assert TASK[state][event] == leads_to


@pytest.mark.parametrize(
    ("table", "state", "event", "verdict"),
    [
        (TASK, TaskState.PLANNING, TaskEvent.SENT, Verdict.REPEATED),
        (TASK, TaskState.CANCELLED, TaskEvent.CANCELLED, Verdict.REPEATED),
        (TASK, TaskState.FAILED, TaskEvent.FAILED, Verdict.REPEATED),
        (TASK, TaskState.APPLIED, TaskEvent.CONFIRMED, Verdict.LATE),
        (TASK, TaskState.SUCCESS, TaskEvent.CANCELLED, Verdict.LATE),
        (TASK, TaskState.APPLYING, TaskEvent.PLANNED, Verdict.LATE),
        (TASK, TaskState.PENDING, TaskEvent.CONFIRMED, Verdict.IMPOSSIBLE),
        (TASK, TaskState.PLANNING, TaskEvent.CONFIRMED, Verdict.IMPOSSIBLE),
        (TASK, TaskState.PENDING, TaskEvent.SUCCEEDED, Verdict.IMPOSSIBLE),
        (SLOT, SlotState.IDLE, SlotEvent.FREED, Verdict.REPEATED),
        (SLOT, SlotState.RUNNING, SlotEvent.BOOKED, Verdict.REPEATED),
        (SLOT, SlotState.RESERVED, SlotEvent.RESERVED, Verdict.REPEATED),
        (POD, PodState.PENDING, PodEvent.CREATE_ACCEPTED, Verdict.REPEATED),
        (POD, PodState.RUNNING, PodEvent.SEEN_RUNNING, Verdict.REPEATED),
        (POD, PodState.GONE, PodEvent.SEEN_GONE, Verdict.REPEATED),
        (POD, PodState.RUNNING, PodEvent.SEEN_PENDING, Verdict.LATE),
        (POD, PodState.TERMINATING, PodEvent.SEEN_RUNNING, Verdict.LATE),
        (POD, PodState.GONE, PodEvent.SEEN_TERMINATING, Verdict.LATE),
        (POD, PodState.RUNNING, PodEvent.CREATE_FAILED, Verdict.IMPOSSIBLE),
        (POD, PodState.SUCCEEDED, PodEvent.SEEN_FAILED, Verdict.IMPOSSIBLE),
        (ROW, RowState.OFFLINE, RowEvent.SILENT, Verdict.REPEATED),
        (ROW, RowState.ABSENT, RowEvent.PINGED, Verdict.LATE),
        (LINK, LinkState.UP, LinkEvent.CONNECTED, Verdict.REPEATED),
        (LINK, LinkState.DOWN, LinkEvent.CUT, Verdict.REPEATED),
    ],
)
def test_a_misfit_is_judged_by_what_could_have_led_there(
    table: Table, state: str, event: str, verdict: Verdict
) -> None:
    assert judge(table, state, event) is verdict


@pytest.mark.parametrize("name", TABLES)
def test_the_diagram_shows_every_transition_and_nothing_else(name: str) -> None:
    drawn = {
        (state, event, leads_to)
        for state, leads_to, events in re.findall(r"    (\w+) --> (\w+): (.+)", mermaid(name))
        for event in events.split(", ")
    }
    listed = {
        (str(state), str(event), str(leads_to))
        for state, events in TABLES[name].items()
        for event, leads_to in events.items()
    }
    assert drawn == listed


@pytest.mark.parametrize("name", TABLES)
def test_the_diagram_marks_exactly_the_terminal_states_as_ends(name: str) -> None:
    assert set(re.findall(r"    (\w+) --> \[\*\]", mermaid(name))) == TERMINAL[name]


def test_a_diagram_is_a_mermaid_state_diagram() -> None:
    assert mermaid("slot").splitlines() == [
        "stateDiagram-v2",
        "    idle --> running: booked",
        "    running --> reserved: reserved",
        "    running --> idle: freed",
        "    reserved --> running: activated",
        "    reserved --> idle: freed",
    ]
