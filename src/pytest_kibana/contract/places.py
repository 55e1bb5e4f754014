"""Where contracts are: files, URLs, the search path, the user's cache, the places of publication, this package."""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_kibana.contract.published import Publication, publication, versions
from pytest_kibana.errors import ContractError, ContractUnavailable

if TYPE_CHECKING:
    from pytest_kibana.contract.download import Fetch, Progress

_NAMED = re.compile(
    r"kibana(?:-(?P<version>\d+\.\d+))?(?P<serverless>[.-]serverless)?[\w.-]*\.(?:json|ya?ml)\Z"
)
_SUFFIXES = (".json", ".yaml", ".yml")
SEARCH_VARIABLE = "KIBANA_CONTRACT_PATH"


@dataclass(frozen=True)
class Found:
    """The bytes of a contract, and what is known of them without reading them.

    ``parts`` are the files of a contract that is written as several; else there is one, named like the whole.
    """

    name: str
    parts: tuple[tuple[str, bytes], ...]
    version: str | None = None
    flavor: str | None = None

    @cached_property
    def sha256(self) -> str:
        """Of the published bytes; of names and bytes where there are several files."""
        if len(self.parts) == 1:
            return hashlib.sha256(self.parts[0][1]).hexdigest()
        digest = hashlib.sha256()
        for name, data in self.parts:
            digest.update(b"%b\0%d\0" % (name.encode(), len(data)))
            digest.update(data)
        return digest.hexdigest()

    def parse(self) -> dict[str, Any]:
        """Read the document.

        Raises:
            ContractError: the bytes are not JSON or YAML.
        """
        from pytest_kibana.contract.core import merge
        from pytest_kibana.contract.reading import parse

        if len(self.parts) == 1:
            return parse(self.parts[0][1], self.parts[0][0])
        return merge((name, parse(data, name)) for name, data in self.parts)


@dataclass(frozen=True)
class Seeker:
    """Finds the bytes that a source means; the arguments are those of :func:`pytest_kibana.contract.load`."""

    cache: Path
    search: Sequence[Path] | None = None
    fetch: "Fetch | None" = None
    progress: "Progress | None" = None
    lock: Path | None = None
    offline: bool = False

    def find(self, source: str | Path) -> Found:
        """Return the bytes of a contract; see :func:`pytest_kibana.contract.load`."""
        text = str(source)
        if text == "core":
            return core()
        if isinstance(source, str) and text.startswith(("http://", "https://")):
            return self._url(text)
        path = Path(source).expanduser()
        if isinstance(source, Path) or path.is_file() or path.suffix in _SUFFIXES or os.sep in text:
            return from_file(path)
        named = publication(text)
        if named is None:
            raise ContractError(
                f"{text!r} is not a contract: not a file, a URL, a version, or one of the names",
                hint=f"Known are core, {', '.join(versions())}, a file's path, or an http(s) URL.",
            )
        return self._published(named)

    def _url(self, url: str) -> Found:
        from pytest_kibana.contract.download import check_lock, download

        leaf = urlsplit(url).path.rsplit("/", 1)[-1] or "contract"
        folder = self.cache / "downloads" / hashlib.sha256(url.encode()).hexdigest()[:16]
        target = folder / re.sub(r"[^\w.-]", "_", leaf)
        if self.offline:
            raise ContractUnavailable(
                f"{url} was not fetched: downloads are switched off",
                hint="Fetch it by other means, and name the file as the contract.",
            )
        download(url, target, fetch=self.fetch, progress=self.progress, refresh=True)
        data = target.read_bytes()
        if self.lock:
            check_lock(self.lock, url, url, data)
        kind = _NAMED.match(leaf)
        return Found(
            url,
            ((url if "." in leaf else target.name, data),),
            version=kind["version"] if kind else None,
            flavor=_flavor(kind),
        )

    def _published(self, wanted: Publication) -> Found:
        from pytest_kibana.contract.download import check_lock, download

        names = [wanted.stem + suffix for suffix in _SUFFIXES]
        for place in self.search if self.search is not None else search_path():
            for name in names:
                if (place / name).is_file():
                    return from_file(place / name, wanted)
        if wanted.url is None:
            raise ContractError(
                f"no contract is published for Kibana {wanted.name}, and there is no copy of one",
                hint=f"There are {', '.join(versions())}. A copy of your own is found by its path, or as {names[1]} "
                f"in a directory that {SEARCH_VARIABLE} names.",
            )
        target = self.cache / "downloads" / f"{wanted.stem}.yaml"
        if not target.is_file():
            if self.offline:
                raise _missing(wanted, target, "downloads are switched off")
            try:
                download(wanted.url, target, fetch=self.fetch, progress=self.progress)
            except ContractUnavailable as error:
                raise _missing(wanted, target, error.message) from error
        found = from_file(target, wanted)
        if self.lock:
            check_lock(self.lock, wanted.name, wanted.url, found.parts[0][1])
        return found


def from_file(path: Path, wanted: Publication | None = None) -> Found:
    """Read a contract from a file; its version is taken from a name such as ``kibana-9.1.yaml``.

    Raises:
        ContractUnavailable: there is no such file, or it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ContractUnavailable(
            f"the contract {path} cannot be read: {error.strerror or error}",
            hint=f"Give a file's path, a URL, `core`, or one of {', '.join(versions())}.",
        ) from error
    kind = _NAMED.match(path.name)
    return Found(
        str(path),
        ((str(path), data),),
        version=wanted.version if wanted else (kind["version"] if kind else None),
        flavor=wanted.flavor if wanted else _flavor(kind),
    )


def core() -> Found:
    """Read the core contract: every file of the package's ``spec/core``.

    Raises:
        ContractError: the package is incomplete.
    """
    folder = files("pytest_kibana").joinpath("spec", "core")
    entries = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    if not entries:
        raise ContractError("the package carries no core contract", hint="Install pytest-kibana again.")
    return Found("core", tuple((f"core/{name}", entry.read_bytes()) for name, entry in entries))


def search_path() -> list[Path]:
    """Return the directories of ``KIBANA_CONTRACT_PATH``, which is read like ``PATH``."""
    given = os.environ.get(SEARCH_VARIABLE, "").split(os.pathsep)
    return [Path(place).expanduser() for place in given if place]


def _flavor(kind: re.Match[str] | None) -> str | None:
    if kind is None:
        return None
    return "serverless" if kind["serverless"] else "traditional" if kind["version"] else None


def _missing(wanted: Publication, target: Path, why: str) -> ContractUnavailable:
    return ContractUnavailable(
        f"there is no copy of the contract {wanted.name}, and none could be downloaded: {why}",
        hint=f"Fetch {wanted.url} and put it at {target}, or as {wanted.stem}.yaml or {wanted.stem}.json into a "
        f"directory that {SEARCH_VARIABLE} names. --kibana-contract=core needs no copy.",
    )
