"""Dates as Elasticsearch takes them in queries: ISO 8601, milliseconds, and arithmetic such as ``now-7d/d``."""

import re
from datetime import UTC, datetime, timedelta

_STEP = re.compile(r"([+-])(\d+)([yMwdhHms])|/([yMwdhHms])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "H": 3600, "d": 86400, "w": 7 * 86400}
_LOOKS = re.compile(r"\d{4}(-\d\d(-\d\d([T ].*)?)?)?")


def instant(text: str, *, up: bool = False, now: datetime | None = None) -> float | None:
    """Return seconds since 1970, None where the text is no date.

    ``up`` rounds to the end of a unit and not to its beginning, as ``gt`` and ``lte`` do; ``now`` is what that word
    means, the time of the call by default.
    """
    start, steps = _start(text.strip(), now or datetime.now(UTC))
    if start is None:
        return None
    at = 0
    for step in _STEP.finditer(steps):
        if step.start() != at:
            return None
        at = step.end()
        start = _rounded(start, step[4], up=up) if step[4] else _moved(start, step[1], int(step[2]), step[3])
    return start.timestamp() if at == len(steps) else None


def _start(text: str, now: datetime) -> tuple[datetime | None, str]:
    if text.startswith("now"):
        return now, text[3:]
    date, _, steps = text.partition("||")
    if not _LOOKS.fullmatch(date):
        return None, ""
    padded = {4: f"{date}-01-01", 7: f"{date}-01"}.get(len(date), date)
    try:
        found = datetime.fromisoformat(padded)
    except ValueError:
        return None, ""
    return (found if found.tzinfo else found.replace(tzinfo=UTC)), steps


def _moved(start: datetime, sign: str, count: int, unit: str) -> datetime:
    count = count if sign == "+" else -count
    try:
        if unit in _SECONDS:
            return start + timedelta(seconds=count * _SECONDS[unit])
        months = start.year * 12 + start.month - 1 + count * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        last = (datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=UTC) - timedelta(days=1)).day
        return start.replace(year=year, month=month + 1, day=min(start.day, last))
    except (OverflowError, ValueError):  # beyond the years that there are
        return datetime.max.replace(tzinfo=UTC) if sign == "+" else datetime.min.replace(tzinfo=UTC)


def _rounded(start: datetime, unit: str, *, up: bool) -> datetime:
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    floor = {
        "y": day.replace(month=1, day=1),
        "M": day.replace(day=1),
        "w": day - timedelta(days=day.weekday()),
        "d": day,
        "h": start.replace(minute=0, second=0, microsecond=0),
        "m": start.replace(second=0, microsecond=0),
        "s": start.replace(microsecond=0),
    }["h" if unit == "H" else unit]
    return _moved(floor, "+", 1, unit) - timedelta(milliseconds=1) if up else floor
