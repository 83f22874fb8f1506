"""The control plane: what it can be told, what it answers, how it decides, and nothing that does I/O.

Lives here: the vocabulary, observations, decisions and actions; the observed state; the controller; the
rules and the named presets. Must not live here: clocks, files, randomness, threads, SimPy, data frames,
Kubernetes. Anyone may import it; it imports nobody.
"""

from policies.actions import AbortTask, CreatePod, CutConnection, DeletePod, SendTask
from policies.constants import Constants
from policies.controller import Controller, PoolBounds
from policies.decisions import Reason
from policies.errors import PolicyFault
from policies.observed.pod import Pod, Slot
from policies.observed.pool import Pool
from policies.observed.task import Task
from policies.observed.workspace import Workspace
from policies.policy_set import PolicySet
from policies.presets import PRESETS, resolve
from policies.rules.autoscaling import Autoscaler, Target
from policies.rules.dispatch import DispatchRule, GiveUp, SendTo
from policies.rules.placement import Placement
from policies.rules.queue import QueueRule
from policies.rules.recovery import RecoveryRule
from policies.rules.victims import VictimRule
from policies.vocabulary import Phase, Seconds, TaskKind, TaskState

__all__ = [
    "PRESETS",
    "AbortTask",
    "Autoscaler",
    "Constants",
    "Controller",
    "CreatePod",
    "CutConnection",
    "DeletePod",
    "DispatchRule",
    "GiveUp",
    "Phase",
    "Placement",
    "Pod",
    "PolicyFault",
    "PolicySet",
    "Pool",
    "PoolBounds",
    "QueueRule",
    "Reason",
    "RecoveryRule",
    "Seconds",
    "SendTask",
    "SendTo",
    "Slot",
    "Target",
    "Task",
    "TaskKind",
    "TaskState",
    "VictimRule",
    "Workspace",
    "resolve",
]
