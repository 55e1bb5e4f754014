"""The harness proves, on the stand-in, that it would notice.

For each fault that the stand-in knows, and a sample of the operations at which it can show: the fault is switched
on, the conformance items of that operation are run over HTTP as in any run, and what is found is held against what
was found before. ``spec/selftest.toml`` says which checks a kind of fault is the business of, and how much must be
noticed. A finding where nothing is wrong is a false alarm.
"""

from pytest_kibana.selftest.report import Alarm, Report, Thresholds, Trial, expectations
from pytest_kibana.selftest.trials import Selftest

__all__ = ["Alarm", "Report", "Selftest", "Thresholds", "Trial", "expectations"]
