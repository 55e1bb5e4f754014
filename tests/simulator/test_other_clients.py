"""The asynchronous client of kibana-py, and Elastic's own client of Elasticsearch, do their ordinary work."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.simulator.conftest import StandIn

Json = Any


class TestAsynchronously:
    """kibana-py's other half: many calls at once, through connections of its own."""

    def test_objects_live_and_die_in_parallel(self, independent_url: str) -> None:
        kibana_py = pytest.importorskip("kibana", reason="kibana-py is not installed")

        async def one(client: Json, number: int) -> str:
            key = f"async-{uuid4().hex[:8]}-{number}"
            made = await client.saved_objects.create(type="tag", id=key, attributes={"name": key})
            assert made.body["id"] == key
            read = await client.saved_objects.get(type="tag", id=key)
            await client.saved_objects.update(type="tag", id=key, attributes={"description": "x"})
            await client.saved_objects.delete(type="tag", id=key)
            with pytest.raises(kibana_py.exceptions.NotFoundError):
                await client.saved_objects.get(type="tag", id=key)
            return str(read.body["attributes"]["name"])

        async def work() -> list[str]:
            async with kibana_py.AsyncKibana(
                independent_url, basic_auth=("elastic", "changeme"), max_retries=0
            ) as client:
                return await asyncio.gather(*(one(client, number) for number in range(20)))

        assert len(set(asyncio.run(work()))) == 20

    def test_families_answer_as_they_do_to_the_other_client(self, independent_url: str) -> None:
        kibana_py = pytest.importorskip("kibana", reason="kibana-py is not installed")
        name = f"async-{uuid4().hex[:8]}"

        async def work() -> None:
            async with kibana_py.AsyncKibana(
                independent_url, basic_auth=("elastic", "changeme"), max_retries=0
            ) as client:
                status = await client.status.get_status()
                assert status.body["status"]["overall"]["level"] == "available"
                await client.spaces.create(id=name, name=name)
                made = await client.connectors.create(
                    name=name, connector_type_id=".server-log", space_id=name
                )
                listed = await client.connectors.get_all(space_id=name)
                assert [row["id"] for row in listed.body] == [made.body["id"]]
                with pytest.raises(kibana_py.exceptions.ConflictError):
                    await client.spaces.create(id=name, name=name)
                await client.spaces.delete(id=name)
                with pytest.raises(kibana_py.exceptions.NotFoundError):
                    await client.spaces.get(id=name)

        asyncio.run(work())


@pytest.fixture(scope="module")
def independent_url(stand_in: StandIn) -> str:
    return str(stand_in(version="9.4.3").said["url"])  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def kibana(stand_in: StandIn) -> httpx.Client:
    return stand_in(elasticsearch_port=0)


@pytest.fixture(scope="module")
def elastic(kibana: httpx.Client) -> Json:
    elasticsearch = pytest.importorskip("elasticsearch", reason="elasticsearch is not installed")
    url = kibana.said["elasticsearch_url"]  # type: ignore[attr-defined]
    client = elasticsearch.Elasticsearch(url, basic_auth=("elastic", "changeme"))
    yield client
    client.close()


class TestElasticsearch:
    def test_it_knows_the_product(self, elastic: Json) -> None:
        assert elastic.info()["tagline"] == "You Know, for Search"
        assert elastic.ping()
        assert elastic.license.get()["license"]["type"] == "trial"
        assert elastic.cluster.health()["status"] == "green"

    def test_indices_live_and_die(self, elastic: Json) -> None:
        import elasticsearch

        elastic.indices.create(index="made", mappings={"properties": {"a": {"type": "keyword"}}})
        assert elastic.indices.exists(index="made")
        with pytest.raises(elasticsearch.BadRequestError, match="resource_already_exists_exception"):
            elastic.indices.create(index="made")
        assert elastic.indices.get(index="made")["made"]["mappings"]["properties"]["a"]["type"] == "keyword"
        elastic.indices.delete(index="made")
        assert not elastic.indices.exists(index="made")
        with pytest.raises(elasticsearch.NotFoundError, match="index_not_found_exception"):
            elastic.indices.delete(index="made")

    def test_documents_are_kept(self, elastic: Json) -> None:
        import elasticsearch

        made = elastic.index(index="kept", document={"a": 1}, refresh=True)
        assert elastic.get(index="kept", id=made["_id"])["_source"] == {"a": 1}
        assert elastic.index(index="kept", id="own", document={"a": 2})["result"] == "created"
        assert elastic.index(index="kept", id="own", document={"a": 3})["result"] == "updated"
        elastic.indices.refresh(index="kept")
        assert elastic.count(index="kept")["count"] == 2
        elastic.delete(index="kept", id="own")
        with pytest.raises(elasticsearch.NotFoundError):
            elastic.get(index="kept", id="own")
        elastic.indices.delete(index="kept")

    def test_identities_of_few_privileges_are_minted(self, elastic: Json, kibana: httpx.Client) -> None:
        application = {
            "application": "kibana-.kibana",
            "privileges": ["space_read"],
            "resources": ["space:default"],
        }
        made = elastic.security.create_api_key(
            name="least", role_descriptors={"r": {"cluster": [], "applications": [application]}}
        )
        headers = {"authorization": f"ApiKey {made['encoded']}", "kbn-xsrf": "x"}
        with httpx.Client(base_url=kibana.base_url, headers=headers) as least:
            assert least.get("/api/actions/connectors").status_code == 200
            assert least.get("/s/other/api/actions/connectors").status_code == 403
            assert [key["id"] for key in elastic.security.get_api_key(id=made["id"])["api_keys"]] == [
                made["id"]
            ]
            gone = elastic.security.invalidate_api_key(ids=[made["id"]])
            assert gone["invalidated_api_keys"] == [made["id"]]
            assert least.get("/api/actions/connectors").status_code == 401

    def test_users_live_and_die(self, elastic: Json, kibana: httpx.Client) -> None:
        import elasticsearch

        elastic.security.put_user(username="brief", password="secret1", roles=["viewer"])
        assert elastic.security.get_user(username="brief")["brief"]["roles"] == ["viewer"]
        assert kibana.get("/api/features", auth=("brief", "secret1")).status_code == 200
        mine = elastic.options(basic_auth=("brief", "secret1"))
        assert mine.security.authenticate()["username"] == "brief"
        elastic.security.delete_user(username="brief")
        with pytest.raises(elasticsearch.AuthenticationException):
            mine.security.authenticate()

    def test_what_it_cannot_do_is_an_error_and_names_itself(self, elastic: Json) -> None:
        import elasticsearch

        with pytest.raises(elasticsearch.NotFoundError, match="stand_in_exception"):
            elastic.ml.get_jobs()
