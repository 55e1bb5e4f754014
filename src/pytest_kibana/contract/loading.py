"""`load`: from what a person names to an open contract."""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from pytest_kibana.contract.compiler import VERSION
from pytest_kibana.contract.contract import Contract
from pytest_kibana.contract.places import Found, locate
from pytest_kibana.contract.store import Damaged, Opened, dump, read_cached, write_cached

_NAME = re.compile(r"kibana-(?P<version>\d+\.\d+)(?:[.-][\w.-]*)?\.(?:json|ya?ml)$")


def load(
    source: str | Path, *, cache_dir: Path | None = None, search: Sequence[Path] | None = None
) -> Contract:
    """Open a contract.

    Args:
        source: a file, a URL, a version such as ``9.1`` (``9.1-serverless`` for the other flavor), or ``core``.
        cache_dir: where compiled contracts and downloads are kept; the user's cache by default.
        search: directories in which versions are looked up; those of ``KIBANA_CONTRACT_PATH`` by default.

    Raises:
        ContractUnavailable: nothing was found and nothing could be downloaded.
        ContractError: what was found cannot be read.
    """
    cache = cache_dir if cache_dir is not None else platformdirs.user_cache_path("pytest-kibana")
    return open_found(locate(source, cache=cache, search=search), cache)


def open_found(found: Found, cache: Path) -> Contract:
    """Open what was found, from the cache where it was compiled before."""
    sha256 = hashlib.sha256(found.data).hexdigest()
    compiled_file = cache / "compiled" / f"{sha256}-{VERSION}.jsonl"
    document_file = cache / "compiled" / f"{sha256}-{VERSION}.document.json"
    opened: Opened | None = None
    cached = read_cached(compiled_file)
    if cached is not None:
        try:
            opened = Opened(cached)
        except Damaged:
            opened = None
    document: bytes | None = None
    if opened is None:
        from pytest_kibana.contract.compiler import compile_document

        parsed = found.parse()
        if not found.is_json:
            document = json.dumps(parsed, ensure_ascii=False, separators=(",", ":")).encode(
                "utf-8", "surrogatepass"
            )
            write_cached(document_file, document)
        data = dump(compile_document(parsed, found.name))
        write_cached(compiled_file, data)
        opened = Opened(data)

    def document_bytes() -> bytes:
        if found.is_json:
            return found.data
        kept = document or read_cached(document_file)
        return kept or json.dumps(found.parse()).encode()

    return Contract(
        opened,
        sha256=sha256,
        source=found.name,
        version=found.version,
        flavor=found.flavor,
        document=document_bytes,
    )
