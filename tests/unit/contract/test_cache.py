"""The cache makes opening quick and can never make it wrong: damage, rivals and read-only places are done without."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_kibana.contract import Contract, load, load_bytes, store
from pytest_kibana.contract import compiler as compiler_module


@pytest.fixture
def file(tmp_path: Path, build: Any) -> Path:
    path = tmp_path / "kibana-9.1.json"
    answer = {
        "200": {
            "description": "",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}},
        }
    }
    operation = {"tags": ["t"], "operationId": "thing", "responses": answer}
    path.write_text(json.dumps(build({"GET /api/thing": operation}, {"A": {"type": "array"}})))
    return path


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the documents that were compiled."""
    seen: list[str] = []
    real = compiler_module.compile_document

    def spy(document: Any, name: str) -> Any:
        seen.append(name)
        return real(document, name)

    monkeypatch.setattr(compiler_module, "compile_document", spy)
    return seen


def facts(contract: Contract) -> Any:
    """Everything that a contract says."""
    return (
        dict(contract.operations),
        dict(contract.components),
        dict(contract.families),
        contract.defects,
        contract.document(),
        (contract.sha256, contract.version, contract.flavor, contract.title),
    )


def test_a_contract_is_compiled_once(file: Path, tmp_path: Path, compilations: list[str]) -> None:
    cold = facts(load(file, cache_dir=tmp_path / "cache"))
    warm = facts(load(file, cache_dir=tmp_path / "cache"))
    assert cold == warm
    assert len(compilations) == 1
    assert cold[-1][1:3] == ("9.1", "traditional")


def test_yaml_and_json_of_one_document_say_the_same(file: Path, tmp_path: Path) -> None:
    import yaml

    other = tmp_path / "kibana-9.1.yaml"
    other.write_text(yaml.safe_dump(json.loads(file.read_text()), sort_keys=False))
    for _ in range(2):
        one, two = (facts(load(path, cache_dir=tmp_path / "cache")) for path in (file, other))
        assert one[:-1] == two[:-1]


def test_changed_bytes_are_another_contract(file: Path, tmp_path: Path, compilations: list[str]) -> None:
    first = load(file, cache_dir=tmp_path / "cache").sha256
    file.write_text(file.read_text() + "\n")
    assert load(file, cache_dir=tmp_path / "cache").sha256 != first
    assert len(compilations) == 2


@pytest.mark.parametrize("kind", ["contract.jsonl", "defects.jsonl", "document.jsonl"])
@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda data: b"", id="emptied"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut"),
        pytest.param(lambda data: data.replace(b"array", b"arraz"), id="changed"),
        pytest.param(lambda data: b"\x80\x04." + data, id="not JSON"),
        pytest.param(lambda data: b"[1]\n" + data, id="of another shape"),
    ],
)
def test_a_damaged_cache_is_made_anew(file: Path, tmp_path: Path, kind: str, harm: Any) -> None:
    import yaml

    source = tmp_path / "kibana-9.1.yaml"
    source.write_text(yaml.safe_dump(json.loads(file.read_text())))
    cache = tmp_path / "cache"
    whole = facts(load(source, cache_dir=cache))
    (kept,) = (cache / "compiled").glob(f"*.{kind}")
    before = kept.read_bytes()
    kept.write_bytes(harm(before))
    assert facts(load(source, cache_dir=cache)) == whole
    assert facts(load(source, cache_dir=cache)) == whole
    assert kept.read_bytes() == before


def test_a_cache_that_cannot_be_written_is_done_without(file: Path, tmp_path: Path) -> None:
    """Root may write anywhere, so the cache is put where no directory can be: below a file."""
    blocked = tmp_path / "a file"
    blocked.write_text("")
    assert load(file, cache_dir=blocked / "cache").operation("thing").label == "GET /api/thing"
    assert facts(load(file, cache_dir=blocked / "cache")) == facts(load(file, cache_dir=tmp_path / "cache"))


def test_what_an_older_compiler_made_is_not_used_and_goes(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compilations: list[str]
) -> None:
    from pytest_kibana.contract import loading

    load(file, cache_dir=tmp_path / "cache")
    monkeypatch.setattr(store, "VERSION", store.VERSION + 1)
    monkeypatch.setattr(loading, "VERSION", store.VERSION)
    load(file, cache_dir=tmp_path / "cache")
    assert len(compilations) == 2
    assert len(list((tmp_path / "cache" / "compiled").glob("*.contract.jsonl"))) == 1


def test_the_cache_holds_no_code(file: Path, tmp_path: Path) -> None:
    load(file, cache_dir=tmp_path / "cache").defects  # noqa: B018 - reading it is what fills the cache
    for kept in (tmp_path / "cache" / "compiled").iterdir():
        for line in kept.read_text().splitlines():
            json.loads(line)


def test_processes_share_a_cache(file: Path, tmp_path: Path) -> None:
    """Several processes that open the same contract at once all get it whole, and leave nothing half-written."""
    code = (
        "import sys; from pathlib import Path; from pytest_kibana.contract import load\n"
        "for _ in range(5):\n"
        "    k = load(sys.argv[1], cache_dir=Path(sys.argv[2]))\n"
        "    assert k.operation('thing').label == 'GET /api/thing' and len(k.defects) == 1, k.defects\n"
    )
    cache = tmp_path / "cache"
    runs = [subprocess.Popen([sys.executable, "-c", code, str(file), str(cache)]) for _ in range(3)]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert not list((cache / "compiled").glob(".*"))


def test_threads_share_a_contract(file: Path, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    contract = load(file, cache_dir=tmp_path / "cache")
    schema = contract.operation("thing").response(200).content[0].schema  # type: ignore[union-attr]
    assert schema is not None
    with ThreadPoolExecutor(8) as pool:
        assert all(
            pool.map(
                lambda _: contract.is_valid(schema, []) and contract.match("GET", "/api/thing"), range(64)
            )
        )


def test_a_contract_may_come_as_bytes(file: Path, tmp_path: Path) -> None:
    contract = load_bytes(
        file.read_bytes(),
        name="GET /api/oas",
        version="9.5",
        flavor="serverless",
        cache_dir=tmp_path / "cache",
    )
    assert (contract.source, contract.version, contract.flavor) == ("GET /api/oas", "9.5", "serverless")
