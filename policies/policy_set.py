"""A complete set of rules: one of each family, and the control plane's constants. A value."""

from typing import Any

import msgspec

from policies.constants import Constants
from policies.rules.autoscaling import Autoscaler
from policies.rules.base import Rule, parameters
from policies.rules.dispatch import DispatchRule
from policies.rules.placement import Placement
from policies.rules.queue import QueueRule
from policies.rules.recovery import RecoveryRule
from policies.rules.victims import VictimRule


class PolicySet(msgspec.Struct, frozen=True, kw_only=True):
    """What the controller decides by. `slots_per_pod` is the preset's, where a pool does not say."""

    name: str
    queue: QueueRule
    placement: Placement
    dispatch: DispatchRule
    autoscaler: Autoscaler
    victims: VictimRule
    recovery: RecoveryRule
    controller: Constants = Constants()
    slots_per_pod: int = 3

    def rules(self) -> dict[str, Rule]:
        """Its rules by family."""
        return {
            "queue": self.queue,
            "placement": self.placement,
            "dispatch": self.dispatch,
            "autoscaler": self.autoscaler,
            "victims": self.victims,
            "recovery": self.recovery,
        }

    def describe(self) -> dict[str, Any]:
        """All of it as plain values: rule names, parameters and constants, for manifests and logs."""
        return {
            "name": self.name,
            **{family: {"rule": rule.rule_name, **parameters(rule)} for family, rule in self.rules().items()},
            "controller": msgspec.to_builtins(self.controller),
            "slots_per_pod": self.slots_per_pod,
        }
