"""Shards divide a run: their parts are the whole, and take about as long as one another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kibana.errors import UsageError
from pytest_kibana.sharding import Shard

names = st.lists(st.text("abc", min_size=1, max_size=4), unique=True, max_size=30)
times = st.floats(0, 100, allow_nan=False)


@given(names=names, of=st.integers(1, 6), data=st.data())
def test_the_parts_are_the_whole_and_do_not_overlap(names, of, data):
    seconds = data.draw(st.dictionaries(st.sampled_from(names), times)) if names else {}
    parts = [Shard(number, of).part(names, seconds) for number in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == sorted(names)
    for part in parts:
        assert list(part) == [name for name in names if name in part]


@given(
    seconds=st.dictionaries(st.text("abc", min_size=1, max_size=4), times, min_size=1), of=st.integers(1, 6)
)
def test_no_part_takes_much_longer_than_it_must(seconds, of):
    longest = max(
        sum(seconds[n] for n in Shard(number, of).part(list(seconds), seconds)) for number in range(1, of + 1)
    )
    least = max(sum(seconds.values()) / of, *seconds.values(), 0.0)
    assert longest <= least * (2 - 1 / of) + 1e-6  # Graham's bound for any list order


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "a/b", "1/0", "-1/2"])
def test_what_is_no_part_of_a_whole_is_named(text):
    with pytest.raises(UsageError, match="not a shard"):
        Shard.read(text)
