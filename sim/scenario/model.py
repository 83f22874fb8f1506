"""A scenario file as a whole: its keys, and what each of them takes."""

from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema

from policies.policy_set import PolicySet
from policies.presets import PRESETS
from sim.scenario.checks_block import ChecksBlock
from sim.scenario.expectations import ExpectBlock
from sim.scenario.faults import AnyFault
from sim.scenario.fields import (
    OneOrMore,
    Part,
    PodDelay,
    PositiveSeconds,
    Reading,
    Text,
    TextOrNumber,
)
from sim.scenario.pods import (
    DEFAULT_POOL,
    AgentBlock,
    ControlPlaneBlock,
    ExceptionBlock,
    PodBlock,
    PoolBlock,
)
from sim.scenario.policy_block import DEFAULT_PRESET, parse_policy
from sim.scenario.values import HeldTo
from sim.scenario.work import SourceBlock, TaskBlock, WorkBlock


def _policy(value: Any, info: ValidationInfo) -> PolicySet:
    reading = info.context if isinstance(info.context, Reading) else Reading()
    return parse_policy(value, reading.find_rule)


Policy = Annotated[PolicySet, PlainValidator(_policy), WithJsonSchema({"definition": "policy"})]


class ScenarioBlock(Part):
    """An incident or a question: a pool, its pods and agents, its work, and what goes wrong."""

    title: Text = Field(description="One line that says what it is about.")
    incident: TextOrNumber = Field(default="", description="The incident that it comes from.")
    question: Text = Field(default="", description="The question that it answers.")
    story: Text = Field(description="What happens, in prose.")
    goes_wrong: Text = Field(default="", description="What goes wrong, and under which rules.")
    covers: list[TextOrNumber] = Field(default=[], description="What else it is an example of.")
    version: int = Field(default=1, ge=1, description="Goes up when its behaviour changes.")
    seed: int = Field(default=1, ge=0, description="Of all random numbers; default 1.")
    horizon: PositiveSeconds = Field(description="How long the run lasts.")
    policy: Policy = Field(
        default=PRESETS[DEFAULT_PRESET],
        description="A preset, or a mapping that replaces parts of one.",
    )
    presets: list[Text] = Field(default=[], description="The presets that it is meant to compare.")
    pool: PoolBlock | None = Field(default=None, description="The only pool; its name is `default`.")
    pools: dict[Text, PoolBlock] | None = Field(
        default=None, min_length=1, description="Several pools by name, in place of `pool`."
    )
    pod: PodBlock = PodBlock()
    pod_start: PodDelay | None = Field(default=None, description="Short for pod.container_start.")
    agent: AgentBlock = AgentBlock()
    control_plane: ControlPlaneBlock = ControlPlaneBlock()
    work: WorkBlock = WorkBlock()
    tasks: list[TaskBlock] = Field(default=[], description="Tasks one by one.")
    workload: Annotated[list[SourceBlock], OneOrMore] = Field(default=[], description="Sources of tasks.")
    exceptions: list[ExceptionBlock] = Field(default=[], description="What is fixed for single pods.")
    faults: list[AnyFault] = Field(default=[], description="What goes wrong.")
    checks: ChecksBlock = Field(
        default=HeldTo(), description="The capacity rule and the bounds that runs are held to."
    )
    expect: dict[Text, ExpectBlock] = Field(
        default={}, description="By preset, by several with commas between, or under `any`."
    )

    def pools_by_name(self) -> dict[str, PoolBlock]:
        """Its pools, whichever way they are written."""
        if self.pools is not None:
            return self.pools
        return {} if self.pool is None else {DEFAULT_POOL: self.pool}

    def pod_block(self) -> PodBlock:
        """The top-level `pod`, with its shorthand."""
        if self.pod_start is None:
            return self.pod
        return self.pod.model_copy(update={"container_start": self.pod_start})
