"""The plan of the house: imports point down the floors, and rooms on one floor do not know one another."""

import ast
from pathlib import Path

import pytest

import pytest_kibana

ROOT = Path(pytest_kibana.__file__).parent

FLOORS: list[set[str]] = [
    {"errors", "lazy"},
    {"contract", "settings"},
    {"wire"},
    {"target", "evidence"},
    {"checks", "cases", "resources"},
    {"conformance"},
    {"report", "upgrade"},
    {
        *(
            "session",
            "tenancy",
            "connection",
            "run",
            "books",
            "traffic",
            "certifying",
            "sharding",
            "discretion",
            "gating",
            "embedded",
            "markers",
            "profiles",
            "repeating",
            "stopping",
            "workers",
            "upkeep",
            "fixtures",
            "plugin",
        ),
        *("cli", "commands", "selftest", "suites", "strategies"),
    },
]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
TOP = len(FLOORS) - 1

# The one place where a library that must stay replaceable is imported.
ONLY_IN = {
    "schemathesis": {"cases/engine.py"},
    "httpx": {"wire/"},
}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if "suites" not in path.relative_to(ROOT).parts)


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which room is meant"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def room_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "pytest_kibana" and len(parts) > 1 else None


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    inside = path.relative_to(ROOT)
    own = inside.parts[0].removesuffix(".py")
    if own == "__init__":
        return
    others = {room for name in imported(path) if (room := room_of(name))} - {own}
    if own == "simulator":
        assert others <= {"contract", "errors"}, "the stand-in shares no judgement with the harness"
        return
    assert own in FLOOR_OF, f"{own} stands on no floor"
    for other in others & (set(FLOOR_OF) | {"simulator"}):
        if other == "simulator":
            assert FLOOR_OF[own] == TOP, f"{inside} knows the stand-in"
            continue
        lower = FLOOR_OF[other] < FLOOR_OF[own]
        assert lower or FLOOR_OF[own] == FLOOR_OF[other] == TOP, f"{inside} imports {other}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    inside = str(path.relative_to(ROOT))
    packages = {name.split(".")[0] for name in imported(path)}
    for library, homes in ONLY_IN.items():
        if library in packages:
            assert any(inside.startswith(home) for home in homes), f"{inside} imports {library}"
    own = Path(inside).parts[0].removesuffix(".py")
    if "pytest" in packages:
        assert FLOOR_OF.get(own) == TOP, f"{inside} imports pytest"
