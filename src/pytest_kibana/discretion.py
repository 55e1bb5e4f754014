"""What pytest shows of a test goes through the redactor first: messages, source lines, locals, captured output.

Exchanges are redacted when they are made. What is not an exchange (a variable in a frame of a traceback, something that
a test printed) meets pytest's own reports, which are cleaned here in place, before anybody writes them down.
"""

from collections.abc import Callable
from typing import Any

import pytest

Clean = Callable[[str], str]
_PYTESTS_OWN = "_pytest._code"
"""Where the parts of a shown traceback are defined; nothing else is changed."""
_OUTCOMES = (pytest.fail.Exception, pytest.skip.Exception)
"""What pytest tells of these, and of an expected failure, is kept beside their arguments."""


def hush_report(report: pytest.TestReport, clean: Clean) -> None:
    """Take secrets out of one test's report: how it failed, and what it printed."""
    report.longrepr = hushed(report.longrepr, clean)
    report.sections = [(name, clean(text)) for name, text in report.sections]


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
