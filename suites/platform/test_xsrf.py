"""``kbn-xsrf``: a change without it is refused, and has no effect."""

import pytest

from pytest_kibana.suites.platform.conftest import assert_envelope, message_of
from pytest_kibana.wire import KibanaClient

_SOURCE = "Kibana source, lifecycle_handlers.ts; elastic/elasticsearch#49152"
_SHORT_URL = {"locatorId": "LEGACY_SHORT_URL_LOCATOR", "params": {"url": "/app/home"}}


@pytest.fixture(autouse=True)
def demanded(kibana) -> None:  # type: ignore[no-untyped-def]
    """Skip where these credentials need no header (server.xsrf.allowedSchemes, elastic/kibana#270870)."""
    if kibana.target.xsrf_exempt is True:
        pytest.skip("needs that kbn-xsrf is demanded, found these credentials exempt")


@pytest.mark.kibana_requirement(
    "KBN-REQ-XSR-001", source=_SOURCE, operations="POST /api/short_url", tier="smoke", safety="space"
)
def test_post_without_it_has_no_effect(kibana_space) -> None:  # type: ignore[no-untyped-def]
    """A POST without kbn-xsrf is answered 400, and makes nothing."""
    slug = f"{kibana_space.unique}-xsrf"
    client: KibanaClient = kibana_space.client
    body = {**_SHORT_URL, "slug": slug}
    answer = client.post("/api/short_url", json=body, headers={"kbn-xsrf": None})
    assert_envelope(answer, 400)
    assert "kbn-xsrf" in message_of(answer)
    assert client.get(f"/api/short_url/_slug/{slug}").status_code == 404, "what was refused is there"


@pytest.mark.kibana_requirement(
    "KBN-REQ-XSR-002",
    source=_SOURCE,
    operations=("DELETE /api/short_url/{id}", "GET /api/short_url/{id}"),
    safety="space",
)
def test_delete_without_it_has_no_effect(kibana_resources) -> None:  # type: ignore[no-untyped-def]
    """A DELETE without kbn-xsrf is answered 400, and removes nothing."""
    made = kibana_resources.short_url()
    answer = made.client.delete(f"/api/short_url/{made.id}", headers={"kbn-xsrf": None})
    assert_envelope(answer, 400)
    assert made.exists(), "a refused delete removed it"


@pytest.mark.kibana_requirement(
    "KBN-REQ-XSR-003", source=_SOURCE, operations="POST /api/spaces/_get_shareable_references", safety="read"
)
@pytest.mark.parametrize("value", ["true", "false", "anything at all"])
def test_any_value_will_do(kibana_client: KibanaClient, value: str) -> None:
    """Only the presence of kbn-xsrf counts."""
    answer = kibana_client.post(
        "/api/spaces/_get_shareable_references", json={"objects": []}, headers={"kbn-xsrf": value}
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.kibana_requirement("KBN-REQ-XSR-004", source=_SOURCE, safety="read")
def test_reads_need_none(kibana_client: KibanaClient, reads: tuple[str, ...]) -> None:
    """A read needs no kbn-xsrf."""
    for path in reads[:3]:
        answer = kibana_client.get(path, headers={"kbn-xsrf": None})
        assert "kbn-xsrf" not in message_of(answer), f"{path}: {answer.text[:200]}"
