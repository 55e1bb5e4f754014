"""Archives of packages that somebody uploads: opened as far as Fleet opens them before it installs anything."""

import io
import tarfile
import zipfile
import zlib
from collections.abc import Mapping

import yaml

from pytest_kibana.simulator.packages import Package

_GZIP, _ZIP = b"\x1f\x8b", b"PK"
_REQUIRED = ("name", "version", "description", "title", "format_version", "owner")
"""What a manifest must say (Kibana source, archive/parse.ts)."""
_LARGEST = 64 * 1024  # bytes of a manifest


class BadArchive(ValueError):
    """What was uploaded is no package; the text says why, as Fleet does."""


def opened(content: bytes) -> Package:
    """Return the package that an archive holds.

    Raises:
        BadArchive: the content is neither zip nor gzip, cannot be unpacked, or has no manifest that Fleet would take.
    """
    name, manifest = _manifest(_unpacked(content))
    lacking = [field for field in _REQUIRED if not manifest.get(field)]
    if lacking:
        raise BadArchive(
            f"Invalid top-level package manifest: one or more fields missing of {','.join(lacking)}"
        )
    if name != f"{manifest['name']}-{manifest['version']}":
        raise BadArchive(
            f"Name {manifest['name']} and version {manifest['version']} do not match top-level directory {name}"
        )
    return Package(
        name=str(manifest["name"]),
        title=str(manifest["title"]),
        version=str(manifest["version"]),
        category="custom",
        description=str(manifest["description"]),
        type=str(manifest.get("type", "integration")),
    )


def _unpacked(content: bytes) -> Mapping[str, bytes]:
    """Return the manifests at the top of the archive, by their folder."""
    try:
        if content.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                tops = [name for name in archive.namelist() if _is_top(name)]
                return {name.split("/")[0]: _limited(archive.open(name).read(_LARGEST + 1)) for name in tops}
        if content.startswith(_GZIP):
            with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
                found = {
                    m.name.split("/")[0]: tar.extractfile(m) for m in tar if m.isfile() and _is_top(m.name)
                }
                return {top: _limited(file.read(_LARGEST + 1)) for top, file in found.items() if file}
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
    ) as error:
        raise BadArchive(f"Error during extraction of package: {error}") from None
    raise BadArchive(
        "Error during extraction of package: the archive is neither zip nor gzip. "
        "Check if the assumed content type matches the archive type."
    )


def _is_top(name: str) -> bool:
    return name.count("/") == 1 and name.endswith("/manifest.yml")


def _limited(content: bytes) -> bytes:
    if len(content) > _LARGEST:
        raise BadArchive("Error during extraction of package: the manifest is too long")
    return content


def _manifest(found: Mapping[str, bytes]) -> tuple[str, Mapping[str, object]]:
    if len(found) != 1:
        raise BadArchive(
            "Package must contain a top-level manifest.yml file, and no more than one top-level folder"
        )
    [(name, content)] = found.items()
    try:
        manifest = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadArchive(f"Could not parse top-level package manifest: {error}") from None
    if not isinstance(manifest, dict):
        raise BadArchive("Could not parse top-level package manifest: it is no object")
    return name, manifest
