"""``load``: from what a person names to an open contract, through the cache of compiled contracts."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from pytest_kibana.contract.contract import Contract
from pytest_kibana.contract.model import Defect
from pytest_kibana.contract.overlays import Overlay, apply, digest, matching
from pytest_kibana.contract.places import Found, Seeker
from pytest_kibana.contract.store import (
    VERSION,
    Damaged,
    Opened,
    dump,
    dump_defects,
    dump_document,
    read_cached,
    read_defects,
    read_document,
    write_cached,
)

if TYPE_CHECKING:
    from pytest_kibana.contract.download import Fetch, Progress


def default_cache() -> Path:
    """Return the user's cache directory for this project."""
    return platformdirs.user_cache_path("pytest-kibana")


def load(
    source: str | Path,
    *,
    cache_dir: Path | None = None,
    search: Sequence[Path] | None = None,
    fetch: "Fetch | None" = None,
    progress: "Progress | None" = None,
    lock: Path | None = None,
    offline: bool = False,
    overlays: Sequence[Path] | None = None,
) -> Contract:
    """Open a contract.

    Args:
        source: a file, an http(s) URL, ``core``, a version such as ``9.1`` or ``9.1.4``, ``main``, or ``serverless``.
        cache_dir: where compiled contracts and downloads are kept; the user's cache by default. One that cannot be
            written is done without.
        search: directories in which versions are looked up, as ``kibana-9.1.json`` (``.yaml``, ``.yml``) or
            ``kibana.serverless.yaml``; by default those of ``KIBANA_CONTRACT_PATH``.
        fetch: opens a URL; the standard library by default.
        progress: called with (url, bytes so far, bytes in all or None) during a download.
        lock: a file that pins downloads by sha256; made or added to where it does not name the contract.
        offline: download nothing.
        overlays: OpenAPI Overlay files to apply instead of the package's own corrections.

    Raises:
        ContractUnavailable: nothing was found and nothing could be downloaded; the hint says what to put where.
        ContractError: what was found cannot be read, or is not what the lock says.
    """
    cache = cache_dir if cache_dir is not None else default_cache()
    found = Seeker(cache, search, fetch, progress, lock, offline).find(source)
    return open_found(found, cache, overlays)


def load_bytes(
    data: bytes,
    *,
    name: str,
    version: str | None = None,
    flavor: str | None = None,
    cache_dir: Path | None = None,
    overlays: Sequence[Path] | None = None,
) -> Contract:
    """Open a contract that is at hand as bytes, such as what a deployment answered to ``GET /api/oas``.

    Args:
        data: JSON or YAML.
        name: what to call it; a name ending in ``.yaml`` allows YAML that begins with ``{``.
        version: minor version, where it is known.
        flavor: ``traditional`` or ``serverless``, where it is known.
        cache_dir: as in :func:`load`.
        overlays: as in :func:`load`.

    Raises:
        ContractError: the bytes cannot be read as an OpenAPI document.
    """
    found = Found(name, ((name, data),), version, flavor)
    return open_found(found, cache_dir if cache_dir is not None else default_cache(), overlays)


def open_found(found: Found, cache: Path, overlays: Sequence[Path] | None = None) -> Contract:
    """Open what was found: from the cache where it was compiled before, else compiled now and kept."""
    wanted = matching(found.version, found.flavor, core=found.name == "core", given=overlays)
    return _Opening(found, cache, wanted).contract()


class _Opening:
    """One contract on its way from bytes to :class:`Contract`, and the files of it in the cache."""

    def __init__(self, found: Found, cache: Path, overlays: tuple[Overlay, ...]) -> None:
        self.found = found
        self.overlays = overlays
        self.key = found.sha256 + (f"+{digest(overlays)[:16]}" if overlays else "")
        self.folder = cache / "compiled"

    def contract(self) -> Contract:
        """Open the contract."""
        opened = self._cached("contract.jsonl", Opened) or self._compile()
        return Contract(
            opened,
            sha256=self.found.sha256,
            source=self.found.name,
            version=self.found.version,
            flavor=self.found.flavor,
            document=self.document,
            more_defects=lambda: self.more_defects(opened),
            overlays=tuple(overlay.name for overlay in self.overlays),
        )

    def document(self) -> dict[str, Any]:
        """Return the document as published, corrections applied; the caller may change it."""
        kept: dict[str, Any] | None = self._cached("document.jsonl", read_document)
        return kept if kept is not None else self._parse()

    def more_defects(self, opened: Opened) -> tuple[Defect, ...]:
        """Return the defects that take time to find; they are sought when first asked for."""
        kept: tuple[Defect, ...] | None = self._cached("defects.jsonl", read_defects)
        if kept is not None:
            return kept
        from pytest_kibana.contract.audit import audit

        found = audit(self.document(), opened.operations, opened.components)
        write_cached(self._file("defects.jsonl"), dump_defects(found))
        return found

    def _compile(self) -> Opened:
        from pytest_kibana.contract.compiler import compile_document

        data = dump(compile_document(self._parse(), self.found.name))
        if write_cached(self._file("contract.jsonl"), data):
            self._forget_older()
        return Opened(data)

    def _parse(self) -> dict[str, Any]:
        document = apply(self.overlays, self.found.parse())
        if self.overlays or not self._is_plain_json():
            write_cached(self._file("document.jsonl"), dump_document(document))
        return document

    def _is_plain_json(self) -> bool:
        return len(self.found.parts) == 1 and self.found.parts[0][1].lstrip()[:1] == b"{"

    def _file(self, kind: str) -> Path:
        return self.folder / f"{self.key}.{VERSION}.{kind}"

    def _cached(self, kind: str, read: Callable[[bytes], Any]) -> Any:
        data = read_cached(self._file(kind))
        if data is None:
            return None
        try:
            return read(data)
        except Damaged:
            return None

    def _forget_older(self) -> None:
        """Remove what earlier versions of the compiler made of the same bytes."""
        for stale in self.folder.glob(f"{self.key}.*"):
            if not stale.name.startswith(f"{self.key}.{VERSION}."):
                stale.unlink(missing_ok=True)
