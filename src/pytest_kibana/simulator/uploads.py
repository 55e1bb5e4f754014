"""Files of objects, one a line, as the Security solution takes them."""

import json
from pathlib import PurePath
from typing import Any, Literal

from pytest_kibana.simulator.forms import Upload
from pytest_kibana.simulator.replies import Refusal
from pytest_kibana.simulator.world import Call

Json = Any


def file_of(call: Call, family: Literal["platform", "siem", "auto"] = "auto") -> bytes:
    """Return the content of the file of a call.

    Raises:
        Refusal: 400 without a file, or where its name does not end in ``.ndjson``, in the envelope of the family
            (Kibana source, ``routes/import.ts``).
    """
    file = call.body.get("file") if isinstance(call.body, dict) else None
    if not isinstance(file, Upload):
        text = "[request body.file]: expected value of type [Stream] but got [undefined]"
        raise Refusal(400, text, family="platform")
    extension = PurePath(file.name or "").suffix.lower()
    if extension != ".ndjson":
        raise Refusal(400, f"Invalid file extension {extension}", family=family)
    return file.content


def rows_of(call: Call) -> list[Json]:
    """Return the objects of the file of a call, with None for each line that is no JSON; raises as :func:`file_of`."""
    return [_read(line) for line in file_of(call).splitlines() if line.strip()]


def _read(line: bytes) -> Json:
    try:
        return json.loads(line)
    except ValueError:
        return None
