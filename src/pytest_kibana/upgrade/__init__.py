"""Before and after: a population that lives through an upgrade, and what became of it.

:func:`prepare` fills it and :func:`settle` closes it before the upgrade; :func:`verify` judges it afterwards, and
:func:`abort` takes it away without judging. All work on a :class:`State`, a folder that
outlives processes and machines.
"""

from pytest_kibana.upgrade.codes import CODES, Code, Outcome
from pytest_kibana.upgrade.ground import Ground
from pytest_kibana.upgrade.judging import Judge, Judged, Remark
from pytest_kibana.upgrade.preparing import Prepared, prepare, settle
from pytest_kibana.upgrade.report import Report, save
from pytest_kibana.upgrade.state import State
from pytest_kibana.upgrade.verifying import abort, verify

__all__ = [
    "CODES",
    "Code",
    "Ground",
    "Judge",
    "Judged",
    "Outcome",
    "Prepared",
    "Remark",
    "Report",
    "State",
    "abort",
    "prepare",
    "save",
    "settle",
    "verify",
]
