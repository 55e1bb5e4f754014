"""Fetching a published contract: whole or not at all, resumed where it broke off, and pinned by its sha256.

A download goes into a ``.part`` file beside its target, under a lock, and becomes the target by renaming. What a broken
connection left behind is asked for again from where it ended (``Range`` with ``If-Range``, so that a text that changed
in between is fetched from the start). Only the standard library is used here: the wire room, which owns HTTP, stands
above.
"""

import fcntl
import hashlib
import http.client
import json
import re
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from pytest_kibana.errors import ContractError, ContractUnavailable

Progress = Callable[[str, int, int | None], None]
_CHUNK = 1 << 16
_LARGEST = 256 << 20
_ATTEMPTS = 4
_SECONDS = 30.0
_RANGE = re.compile(r"bytes (\d+)-\d*/(\d+|\*)")


class Incoming(Protocol):
    """An answer that is being read: ``status``, ``headers``, and ``read(n)`` until it gives nothing more."""

    status: int
    headers: Mapping[str, str]

    def read(self, _amount: int, /) -> bytes:
        """Return up to that many bytes; ``b""`` at the end."""


Fetch = Callable[[str, Mapping[str, str]], AbstractContextManager[Incoming]]


class _Headers(dict[str, str]):
    """Header fields by name, whatever the case of its letters."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        super().__init__((name.lower(), value) for name, value in fields)

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class _Answer:
    """What urllib gives, with an error status as an ordinary answer."""

    def __init__(self, response: http.client.HTTPResponse | urllib.error.HTTPError) -> None:
        self.status = int(response.status or 0)
        self.headers: Mapping[str, str] = _Headers(response.headers.items())
        self.read = response.read


@contextmanager
def fetch_with_urllib(url: str, headers: Mapping[str, str]) -> Iterator[Incoming]:
    """Open a URL with the standard library; proxies come from the environment."""
    # Only http and https come here: :func:`download` refuses the rest.
    request = urllib.request.Request(url, headers={"User-Agent": "pytest-kibana", **headers})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            yield _Answer(response)
    except urllib.error.HTTPError as error:
        with error:
            yield _Answer(error)


def download(
    url: str,
    target: Path,
    *,
    fetch: Fetch | None = None,
    progress: Progress | None = None,
    refresh: bool = False,
) -> Path:
    """Fetch a URL into a file.

    Args:
        url: ``http`` or ``https``.
        target: the file to make. It is complete whenever it exists.
        fetch: how to open a URL, given the URL and request headers; the standard library by default.
        progress: called with (url, bytes so far, bytes in all or None) as the bytes come.
        refresh: ask again although the file exists; an unchanged one is not sent again.

    Raises:
        ContractUnavailable: the server cannot be reached, refuses, or breaks off more than a few times.
        ContractError: the URL is not HTTP, or the file is absurdly large.
    """
    if not url.startswith(("http://", "https://")):
        raise ContractError(
            f"{url} is not an http or https URL", hint="Give a file's path or an http(s) URL."
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.with_name(f".{target.name}.lock")):
            if refresh or not target.exists():
                _Transfer(url, target, fetch or fetch_with_urllib, progress).run()
    except OSError as error:
        raise ContractUnavailable(
            f"{url} cannot be kept in {target.parent}: {error}",
            hint="Make the cache directory writable, or download the file yourself and name it as the contract.",
        ) from error
    return target


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time fetch a file; the others find it complete."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Broken(Exception):
    """The connection broke off; what came so far is in the part file."""


class _Transfer:
    """One download, in as many attempts as it takes up to a bound."""

    def __init__(self, url: str, target: Path, fetch: Fetch, progress: Progress | None) -> None:
        self.url, self.target, self.fetch, self.progress = url, target, fetch, progress
        self.part = target.with_name(f".{target.name}.part")
        self.notes = target.with_name(f".{target.name}.part.json")
        self.tag = target.with_name(f".{target.name}.etag")

    def run(self) -> None:
        trouble = ""
        for _ in range(_ATTEMPTS):
            try:
                self._attempt()
                return
            except _Broken as broken:
                trouble = str(broken)
        raise ContractUnavailable(
            f"{self.url} could not be fetched: {trouble}",
            hint=f"Run again to resume the download, or fetch it by other means and put it at {self.target}.",
        )

    def _attempt(self) -> None:
        done, validator = self._begun()
        headers = {"Accept-Encoding": "identity"}
        if done:
            headers |= {"Range": f"bytes={done}-", "If-Range": validator}
        elif self.target.exists() and self.tag.exists():
            headers["If-None-Match"] = self.tag.read_text("utf-8")
        try:
            with self.fetch(self.url, headers) as answer:
                if answer.status == 304 and "If-None-Match" in headers:
                    return
                self._receive(answer, done)
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            raise _Broken(str(getattr(error, "reason", None) or error)) from error

    def _begun(self) -> tuple[int, str]:
        """Return how much of this very text is here already, and its validator."""
        try:
            notes = json.loads(self.notes.read_text("utf-8"))
            if notes["url"] == self.url and notes["validator"]:
                return self.part.stat().st_size, str(notes["validator"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0, ""
        return 0, ""

    def _receive(self, answer: Incoming, asked_from: int) -> None:
        if answer.status == 416:
            self.part.unlink(missing_ok=True)
            self.notes.unlink(missing_ok=True)
            raise _Broken("the server's text is not the one that was begun")
        if answer.status not in (200, 206):
            self._refused(answer.status)
        start, total = self._extent(answer, asked_from)
        validator = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        strong = "" if validator.startswith("W/") else validator
        self.notes.write_text(json.dumps({"url": self.url, "validator": strong}), "utf-8")
        done = start
        with self.part.open("r+b" if start else "wb") as file:
            file.seek(start)
            file.truncate()
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                if done > _LARGEST:
                    raise ContractError(
                        f"{self.url} is larger than {_LARGEST} bytes",
                        hint="No contract is that large: check the URL.",
                    )
                if self.progress:
                    self.progress(self.url, done, total)
        if total is not None and done != total:
            raise _Broken(f"the connection broke off after {done} of {total} bytes")
        self.part.replace(self.target)
        self.notes.unlink(missing_ok=True)
        self.tag.write_text(answer.headers.get("ETag") or "", "utf-8")

    def _extent(self, answer: Incoming, asked_from: int) -> tuple[int, int | None]:
        length = answer.headers.get("Content-Length")
        if answer.status == 206:
            match = _RANGE.match(answer.headers.get("Content-Range") or "")
            if not match or int(match[1]) != asked_from:
                self.part.unlink(missing_ok=True)
                raise _Broken("the server answered with another part than was asked for")
            return asked_from, None if match[2] == "*" else int(match[2])
        return 0, int(length) if length and length.isdigit() else None

    def _refused(self, status: int) -> None:
        if status >= 500 or status == 429:
            raise _Broken(f"the server answered {status}")
        raise ContractUnavailable(
            f"{self.url} could not be fetched: the server answered {status}",
            hint="Check the version and the URL, or fetch the file by other means and name it as the contract.",
        )


_HEAD = (
    "# The published contracts that were used, by name. Commit this file: another text under the same name is then\n"
    "# an error. To accept a new text, remove its table and run again.\n"
)


def check_lock(lock: Path, name: str, url: str, data: bytes) -> None:
    """Compare a downloaded contract with the lock, or add it where the lock does not name it.

    Raises:
        ContractError: the lock names another sha256, or cannot be read.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    entries = read_lock(lock)
    entry = entries.get(name)
    if entry is None:
        write_lock(lock, {**entries, name: {"url": url, "sha256": sha256}})
        return
    if entry.get("sha256") != sha256:
        raise ContractError(
            f"the contract {name} from {url} is not the one that {lock} names: "
            f"its sha256 is {sha256}, the lock says {entry.get('sha256')}",
            hint=f'To accept the new text, remove the table ["{name}"] from {lock} and run again; otherwise put the '
            "old text on KIBANA_CONTRACT_PATH.",
        )


def read_lock(lock: Path) -> dict[str, dict[str, str]]:
    """Return the entries of a lock file: for each name its ``url`` and ``sha256``; none where there is no file."""
    try:
        text = lock.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ContractError(
            f"{lock} cannot be read: {error}", hint="Restore it from version control."
        ) from error
    try:
        return {name: dict(entry) for name, entry in tomllib.loads(text).items()}
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise ContractError(
            f"{lock} is not TOML: {error}", hint="Restore it from version control."
        ) from error


def write_lock(lock: Path, entries: Mapping[str, Mapping[str, str]]) -> None:
    """Write a lock file, entries in order of their names."""
    tables = (
        f"\n[{json.dumps(name)}]\n"
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in sorted(entry.items()))
        for name, entry in sorted(entries.items())
    )
    fresh = lock.with_name(f".{lock.name}.new")
    fresh.write_text(_HEAD + "".join(tables), "utf-8")
    fresh.replace(lock)
