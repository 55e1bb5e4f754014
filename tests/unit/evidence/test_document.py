"""The results document: written line by line, validated when read, and never looks complete when it is not."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import ResultsError
from pytest_kibana.evidence import ResultsWriter, Verdict, read_results, write_results
from pytest_kibana.evidence.codec import from_json, schema, text, to_json
from pytest_kibana.evidence.document import published_schema
from pytest_kibana.evidence.model import About, Finding, Level, Severity, VerdictRecord

ROOT = Path(__file__).parents[3]


def everything(make):
    return [make.verdict(), make.finding(), make.skip(), make.trouble(), make.coverage()]


def test_what_is_written_is_what_is_read(make, tmp_path):
    file = write_results(tmp_path / "results.jsonl", make.header(), everything(make), make.footer())
    results = read_results(file)
    assert (results.header, list(results.records), results.footer) == (
        make.header(),
        everything(make),
        make.footer(),
    )
    assert not results.interrupted
    assert read_results(tmp_path).header == results.header


def test_every_line_keeps_the_published_schema(make):
    validator = jsonschema.Draft202012Validator(schema())
    for record in [make.header(), *everything(make), make.footer()]:
        validator.validate(to_json(record))


def test_the_published_schema_is_fresh():
    page = ROOT / "docs" / "reference" / "results.schema.json"
    assert page.read_text("utf-8") == published_schema(), "run: python docs/generate.py"


TEXT = st.text(max_size=20)
VALIDATOR = jsonschema.Draft202012Validator(schema())


@given(
    st.builds(
        VerdictRecord,
        item=TEXT,
        operation=TEXT,
        family=TEXT,
        code=TEXT,
        verdict=st.sampled_from(Verdict),
        counts=st.dictionaries(TEXT, st.integers(0, 9), max_size=3),
        reason=st.none() | TEXT,
        milliseconds=st.none() | st.floats(0, 1e6),
    )
    | st.builds(
        Finding,
        identity=TEXT,
        code=TEXT,
        title=TEXT,
        sentence=TEXT,
        operation=TEXT,
        about=st.sampled_from(About),
        level=st.sampled_from(Level),
        severity=st.sampled_from(Severity),
        operations=st.lists(TEXT, max_size=3).map(tuple),
        exchange=st.none() | st.dictionaries(TEXT, TEXT, max_size=2),
    )
)
def test_a_record_survives_json(record):
    line = json.loads(text(record))
    assert from_json(json.loads(json.dumps(to_json(record)))) == from_json(line) == record
    assert VALIDATOR.is_valid(line)


def test_a_line_leaves_out_what_says_nothing_and_the_schema_says_what_to_fill_in(make):
    """Null, false, zero and what is empty; a word or a number that is the default stays, for people read it too."""
    bare = json.loads(text(VerdictRecord("i", "GET /", "f", "KBN-R101", Verdict.PASSED, milliseconds=0.0)))
    assert bare == {
        "type": "verdict",
        "item": "i",
        "operation": "GET /",
        "family": "f",
        "code": "KBN-R101",
        "verdict": "passed",
        "milliseconds": 0.0,
    }
    found = json.loads(text(make.finding()))
    assert found["status"] == "new"
    assert found["count"] >= 1
    for record in [make.header(), *everything(make), make.footer()]:
        written, whole = json.loads(text(record)), to_json(record)
        parts = schema()["$defs"][written["type"]]["properties"]
        filled = {name: parts[name]["default"] for name in whole if name not in written}
        assert {**written, **filled} == json.loads(json.dumps(whole))


def test_a_document_without_a_footer_is_an_interrupted_run(make, tmp_path):
    with ResultsWriter(tmp_path / "r.jsonl", make.header()) as writer:
        writer.write(*everything(make))
    results = read_results(tmp_path / "r.jsonl")
    assert results.interrupted
    assert not results.torn
    assert len(results.records) == 5


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_torn_last_line_leaves_a_readable_prefix(make, tmp_path, cut):
    file = write_results(tmp_path / "r.jsonl", make.header(), everything(make), make.footer())
    file.write_bytes(file.read_bytes()[:-cut])
    results = read_results(file)
    assert results.torn
    assert results.interrupted
    assert len(results.records) == 5


def test_kill_9_leaves_every_flushed_line(make, tmp_path):
    program = (
        "import os, sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path;"
        "from pytest_kibana.evidence import *;"
        "w = ResultsWriter(Path(sys.argv[1]), Header(1, {}, {}, {}, {}, 1, {}, 1.0));"
        "[w.write(SkipRecord(f'GET /{n}', 'f', 'safety', 'r')) for n in range(50)];"
        "os.kill(os.getpid(), 9)"
    )
    file = tmp_path / "r.jsonl"
    done = subprocess.run([sys.executable, "-c", program, str(file), str(ROOT / "src")], check=False)
    assert done.returncode == -9
    results = read_results(file)
    assert results.interrupted
    assert len(results.skips) == 50


def lines(make, tmp_path, change):
    file = write_results(tmp_path / "r.jsonl", make.header(), everything(make), make.footer())
    text = file.read_text("utf-8").splitlines()
    file.write_text("\n".join(change(text)) + "\n")
    return file


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda ls: ls[1:], "line 1 is not the header"),
        (lambda ls: [ls[0], *ls], "line 2 is a second header"),
        (lambda ls: [*ls, ls[1]], "line 8 stands after the footer"),
        (lambda ls: [ls[0], "{nope", *ls[1:]], "line 2 is not JSON"),
        (lambda ls: [ls[0], '{"type":"novel"}', *ls[1:]], "line 2 is no record"),
        (lambda ls: [ls[0], "[]", *ls[1:]], "line 2 is no record"),
        (lambda ls: [ls[0], ls[1].replace('"passed"', '"splendid"', 1), *ls[2:]], "line 2 breaks the schema"),
        (lambda ls: [ls[0].replace('"schema":1', '"schema":99'), *ls[1:]], "written in schema 99"),
        (lambda _ls: [""], "is empty"),
    ],
)
def test_a_damaged_document_is_refused_by_line(make, tmp_path, change, said):
    with pytest.raises(ResultsError, match=said) as caught:
        read_results(lines(make, tmp_path, change))
    assert "r.jsonl" in caught.value.message
    assert caught.value.hint


def test_a_missing_document_says_what_to_name(tmp_path):
    with pytest.raises(ResultsError, match="cannot be read"):
        read_results(tmp_path / "none.jsonl")


def test_old_results_are_not_overwritten_unasked(make, tmp_path):
    file = write_results(tmp_path / "r.jsonl", make.header(), [], None)
    with pytest.raises(ResultsError, match="exists"):
        ResultsWriter(file, make.header())
    assert ResultsWriter(file, make.header(), overwrite=True).close(make.footer()) is None
    assert not read_results(file).interrupted


def test_nothing_follows_the_footer(make, tmp_path):
    writer = ResultsWriter(tmp_path / "r.jsonl", make.header())
    writer.close(make.footer())
    with pytest.raises(ResultsError, match="complete already"):
        writer.write(make.skip())


def test_threads_write_whole_lines(make, tmp_path):
    with ResultsWriter(tmp_path / "r.jsonl", make.header()) as writer:
        threads = [
            threading.Thread(target=lambda n=n: [writer.write(make.skip(f"GET /api/{n}")) for _ in range(50)])
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(read_results(tmp_path / "r.jsonl").skips) == 400


def test_hostile_text_stays_one_line(make, tmp_path):
    nasty = "\u2028\n\r\x00\ud800</script>\x1b[31m"
    file = write_results(tmp_path / "r.jsonl", make.header(), [make.finding(sentence=nasty)], make.footer())
    assert read_results(file).findings[0].sentence == nasty
    assert len(file.read_bytes().split(b"\n")) == 4


@given(st.lists(st.sampled_from(Verdict), max_size=8), st.lists(st.sampled_from(Verdict), max_size=8))
def test_joining_only_raises_and_does_not_care_for_order(some, more):
    joined = Verdict.join([*some, *more])
    assert joined.rank >= Verdict.join(some).rank
    assert joined is Verdict.join([*more, *some])
    assert joined is Verdict.join([Verdict.join(some), Verdict.join(more)])
    assert Verdict.join([]) is Verdict.UNKNOWN


def test_reading_is_quick(make, tmp_path, benchmark_clock):
    file = write_results(
        tmp_path / "r.jsonl", make.header(), [make.verdict() for _ in range(20_000)], make.footer()
    )
    assert benchmark_clock(lambda: read_results(file)) < 5.0


@pytest.fixture
def benchmark_clock():
    import time

    def clock(work):
        began = time.process_time()
        work()
        return time.process_time() - began

    assert os.name == "posix"
    return clock


def test_a_full_disk_is_told(make):
    with pytest.raises(ResultsError, match="No space left on device") as told:
        ResultsWriter(Path("/dev/full"), make.header(), overwrite=True)
    assert "Make room" in told.value.hint
