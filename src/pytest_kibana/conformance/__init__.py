"""Who is tested, in which order, within which limits, and what was found.

``plan`` lists every operation; a ``Runner`` sends and judges; ``Outcome`` is one pytest item; ``merge``
unites findings; ``conclude`` makes the numbers at the end.
"""

from pytest_kibana.conformance.budget import NAMED, Budget, Limits, limits
from pytest_kibana.conformance.findings import merge, of_contract
from pytest_kibana.conformance.message import describe, message
from pytest_kibana.conformance.outcome import Outcome
from pytest_kibana.conformance.plan import GROUPS, Item, Plan, plan, select
from pytest_kibana.conformance.ports import CaseSource, KnownTarget, Needs, Resolver, Sender
from pytest_kibana.conformance.probes import UNKNOWN_ID
from pytest_kibana.conformance.runner import Circumstances, Runner
from pytest_kibana.conformance.schedule import Claims
from pytest_kibana.conformance.summary import Conclusion, conclude

__all__ = [
    "GROUPS",
    "NAMED",
    "UNKNOWN_ID",
    "Budget",
    "CaseSource",
    "Circumstances",
    "Claims",
    "Conclusion",
    "Item",
    "KnownTarget",
    "Limits",
    "Needs",
    "Outcome",
    "Plan",
    "Resolver",
    "Runner",
    "Sender",
    "conclude",
    "describe",
    "limits",
    "merge",
    "message",
    "of_contract",
    "plan",
    "select",
]
