"""What pytest shows of a test goes through the redactor first: messages, source lines, locals, captured output.

Exchanges are redacted when they are made. What is not an exchange (a variable in a frame of a traceback, something that
a test printed) meets pytest's own reports, which are cleaned here in place, before anybody writes them down.
"""

import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.errors import HarnessError

Clean = Callable[[str], str]
_PYTESTS_OWN = "_pytest._code"
"""Where the parts of a shown traceback are defined; nothing else is changed."""
_OUTCOMES = (pytest.fail.Exception, pytest.skip.Exception)
"""What pytest tells of these, and of an expected failure, is kept beside their arguments."""


_PACKAGE = Path(__file__).parent
_INSTALLED = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))


class Ended(pytest.exit.Exception):  # type: ignore[name-defined,misc]  # mypy takes pytest.exit for a function alone
    """Ends pytest. It shows the name of the class before the reason, so the name is one that people know."""


Ended.__module__, Ended.__qualname__ = "builtins", "kibana"


def before_report(call: pytest.CallInfo[Any], clean: Clean | None, *, whole: bool) -> str | None:
    """Make an exception fit to be shown, before pytest looks at it.

    The traceback of an error of ours, which says by itself what to do, ends where the test made it, unless the
    ``whole`` is wanted. Any other exception keeps its traceback.

    Returns:
        The whole message of an error of ours in which no line of the test's had a part (a fixture could not give what
        was asked), else None.
    """
    if call.excinfo is None:
        return None
    if clean is not None:
        hush_exception(call.excinfo.value, clean)
    error = call.excinfo.value
    if whole or not isinstance(error, HarnessError):
        return None
    error.__cause__, error.__suppress_context__ = None, True
    last, step = None, error.__traceback__
    while step is not None:
        if _is_test(Path(step.tb_frame.f_code.co_filename)):
            last = step
        step = step.tb_next
    if last is None:
        return str(error)
    last.tb_next = None
    return None


def tidy_report(report: pytest.TestReport, told: str | None, clean: Clean | None) -> None:
    """Say in a report what :func:`before_report` told, show where the test is and not the fixture that skipped it, and
    take secrets out of how it failed and what it printed.
    """
    if told is not None and report.failed:
        report.longrepr = told
    if report.skipped and isinstance(report.longrepr, tuple) and _is_ours(Path(report.longrepr[0])):
        name, line, _ = report.location
        report.longrepr = (name, (line or 0) + 1, report.longrepr[2])
    if clean is not None:
        report.longrepr = hushed(report.longrepr, clean)
        report.sections = [(name, clean(text)) for name, text in report.sections]


def _is_ours(path: Path) -> bool:
    """Tell whether a line is of the package, and of no test of its suites."""
    return _PACKAGE in path.parents and _PACKAGE / "suites" not in path.parents


def _is_test(path: Path) -> bool:
    """Tell whether a line is of somebody's tests, and not of what is installed to run them."""
    return not _is_ours(path) and not any(folder in path.parents for folder in _INSTALLED)


def hush_exception(error: BaseException, clean: Clean) -> None:
    """Take secrets out of the texts that an exception and those behind it carry."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        behind.args = tuple(clean(a) if isinstance(a, str) else a for a in behind.args)
        if isinstance(behind, _OUTCOMES) and isinstance(behind.msg, str):
            behind.msg = clean(behind.msg)
        behind = behind.__cause__ or behind.__context__


def hushed(shown: Any, clean: Clean) -> Any:
    """Return what pytest is about to show, without secrets; the parts of a traceback are changed in place."""
    if isinstance(shown, str):
        return clean(shown)
    if isinstance(shown, list | tuple):
        return type(shown)(hushed(part, clean) for part in shown) if type(shown) in (list, tuple) else shown
    if type(shown).__module__.startswith(_PYTESTS_OWN):
        for name, part in vars(shown).items():
            # Traceback entries are frozen only in spirit: pytest's own plugins edit them too.
            object.__setattr__(shown, name, hushed(part, clean))
    return shown
