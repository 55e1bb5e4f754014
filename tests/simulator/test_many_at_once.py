"""Many connections at once: each id is given once, every object is kept, and answers go to those who asked."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

TAGS = "/api/saved_objects/tag"


def test_an_id_is_given_to_one_of_many(kibana: httpx.Client) -> None:
    def take(number: int) -> int:
        return kibana.post(
            f"{TAGS}/contested-{number % 5}", json={"attributes": {"name": str(number)}}
        ).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(take, range(100)))
    assert statuses == {200: 5, 409: 95}


def test_everything_is_kept_and_answered_to_who_asked(kibana: httpx.Client) -> None:
    def live(number: int) -> bool:
        name = f"parallel-{number}"
        made = kibana.post(f"/s/many{TAGS}", json={"attributes": {"name": name}}).json()
        read = kibana.get(f"/s/many{TAGS}/{made['id']}").json()
        return bool(read["attributes"]["name"] == name)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(live, range(200)))
    found = kibana.get("/s/many/api/saved_objects/_find?type=tag&per_page=1000").json()
    assert found["total"] == len({row["id"] for row in found["saved_objects"]}) == 200


def test_of_two_writers_with_one_version_one_is_told_of_the_other(kibana: httpx.Client) -> None:
    made = kibana.post(f"{TAGS}/raced", json={"attributes": {"name": "first"}}).json()

    def write(name: str) -> int:
        body = {"attributes": {"name": name}, "version": made["version"]}
        return kibana.put(f"{TAGS}/raced", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(write, [f"writer-{n}" for n in range(8)]))
    assert statuses == {200: 1, 409: 7}
