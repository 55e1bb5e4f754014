"""Pages are fresh: a change of the code that the reader would not see fails here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_kibana
from pytest_kibana import fixtures, markers
from pytest_kibana.errors import ExitCode
from pytest_kibana.resources import RESOURCES

DOCS = Path(__file__).resolve().parents[3] / "docs"
GENERATOR = DOCS / "generate.py"
PACKAGE = Path(pytest_kibana.__file__).parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)")
pytestmark = pytest.mark.skipif(not GENERATOR.is_file(), reason="the documentation is not beside the tests")


def test_generated_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\nrun: python docs/generate.py"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("fixtures.md", fixtures.__all__),
        ("markers.md", list(markers.GRAMMAR)),
        ("resources.md", list(RESOURCES)),
        ("exit-codes.md", [code.name.lower() for code in ExitCode]),
    ],
)
def test_every_name_is_on_its_page(page: str, names: list[str]) -> None:
    text = (DOCS / "reference" / page).read_text()
    # Fixtures that the suites alone use are offered too, and are documented like the rest.
    assert [name for name in names if name not in text] == []


def test_the_plan_of_the_house_names_every_room() -> None:
    text = (DOCS / "explanation" / "architecture.md").read_text()
    rooms = {
        path.stem
        for path in PACKAGE.iterdir()
        if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }
    assert sorted(room for room in rooms if not re.search(rf"\b{room}\b", text)) == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    assert [target for target in targets if not (page.parent / target).exists()] == []
