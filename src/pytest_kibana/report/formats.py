"""The reports that are made of a results document, by the word that asks for them."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pytest_kibana.errors import ResultsError, UsageError
from pytest_kibana.evidence.compare import Comparison
from pytest_kibana.evidence.document import Results


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of report: the name of its file, and the function that makes its text."""

    file: str
    module: str
    function: str
    compares: bool = False

    def make(self, results: Results, comparison: Comparison | None = None) -> str:
        """Return the report's text. Formats that cannot show a comparison leave it out."""
        function: Callable[..., str] = getattr(import_module(self.module), self.function)
        more: dict[str, Any] = {"comparison": comparison} if self.compares else {}
        return function(results, **more)


FORMATS: Mapping[str, Format] = {
    "html": Format("report.html", "pytest_kibana.report.html", "render", compares=True),
    "junit": Format("junit.xml", "pytest_kibana.report.junit", "render"),
    "markdown": Format("summary.md", "pytest_kibana.report.github", "markdown", compares=True),
    "metrics": Format("metrics.txt", "pytest_kibana.report.metrics", "render"),
}
"""Every report but the terminal's; what makes one is imported when it is wanted."""


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names, each once.

    Raises:
        UsageError: no report has such a name.
    """
    asked = tuple(dict.fromkeys(names))
    for name in asked:
        if name not in FORMATS:
            raise UsageError(f"there is no report {name!r}", hint=f"Choose from: {', '.join(FORMATS)}.")
    return asked


def write_reports(
    results: Results,
    names: Iterable[str],
    folder: Path,
    *,
    comparison: Comparison | None = None,
    overwrite: bool = True,
) -> tuple[Path, ...]:
    """Write reports into a folder and return their paths.

    Raises:
        UsageError: no report has such a name.
        ResultsError: a file is there already and may not be overwritten, or cannot be written.
    """
    made = []
    for name in chosen(names):
        file = folder / FORMATS[name].file
        if file.exists() and not overwrite:
            raise ResultsError(f"{file} exists", hint="Choose another folder, or pass --overwrite.")
        save(file, FORMATS[name].make(results, comparison))
        made.append(file)
    return tuple(made)


def check_place(named: str | None, flag: str, *, is_file: bool) -> None:
    """Make sure that a folder, or the folder of a file, is there and can be written to.

    Raises:
        ResultsError: it cannot; names the flag.
    """
    if not named:
        return
    place = Path(named).expanduser()
    folder = place.parent if is_file else place
    why = "it is a folder" if is_file and place.is_dir() else "that is not allowed"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK) and not (is_file and place.is_dir()):
            return
    except OSError as error:
        why = str(error.strerror)
    raise ResultsError(f"{place} cannot be written: {why}", hint=f"Choose another {flag}.")


def save(file: Path, text: str) -> None:
    """Write a text file as UTF-8, whatever a hostile answer put into it.

    Raises:
        ResultsError: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "replace"))
    except OSError as error:
        raise ResultsError(
            f"{file} cannot be written: {error.strerror}", hint="Choose another folder."
        ) from error
