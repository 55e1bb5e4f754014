"""``pytest-kibana ship``: results as documents, and a dashboard to look at them in Kibana."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_kibana.commands.speaking import RESULTS
from pytest_kibana.errors import EnvironmentTrouble, UsageError

if TYPE_CHECKING:
    from pytest_kibana.wire import KibanaClient

_NDJSON = {"content-type": "application/x-ndjson"}


@click.command("ship")
@click.argument("results", type=RESULTS, nargs=-1)
@click.option("--elasticsearch", metavar="URL", help="where the documents go")
@click.option(
    "--kibana",
    metavar="URL",
    help="where the dashboard goes, and the documents too where no --elasticsearch is given",
)
@click.option("--api-key", envvar="KIBANA_API_KEY", metavar="KEY", help="for both; or KIBANA_API_KEY")
@click.option(
    "--elasticsearch-api-key", envvar="ELASTICSEARCH_API_KEY", metavar="KEY", help="for Elasticsearch"
)
@click.option("--ca-file", type=RESULTS, metavar="FILE", help="certificate authorities to trust")
@click.option("--index", default="kibana-conformance", show_default=True, metavar="NAME")
@click.option("--space", metavar="ID", help="space that the dashboard goes to")
@click.option(
    "--dashboard", type=RESULTS, metavar="FILE", help="write the dashboard there, to import it by hand"
)
def command(results: tuple[Path, ...], *, index: str, dashboard: Path | None, **given: Any) -> None:
    """Send RESULTS to Elasticsearch as documents, and a dashboard for them to Kibana.

    Shipping the same results again changes nothing. Exchanges are not sent; findings, coverage and the run are.
    """
    from pytest_kibana.evidence import read_results
    from pytest_kibana.report import dashboard as saved_objects
    from pytest_kibana.report.documents import bulk
    from pytest_kibana.report.formats import save

    if not (given["elasticsearch"] or given["kibana"] or dashboard):
        raise UsageError(
            "ship needs a place to ship to",
            hint="Give --elasticsearch URL, --kibana URL or --dashboard FILE.",
        )
    bodies = [body for path in results for body in bulk(read_results(path), index)]
    if dashboard:
        save(dashboard, saved_objects.ndjson(index))
        click.echo(f"{dashboard}: import it in Stack Management, Saved Objects")
    if given["elasticsearch"]:
        key = given["elasticsearch_api_key"] or given["api_key"]
        with _client(given["elasticsearch"], key, given["ca_file"]) as client:
            _send(client, index, bodies, console=False)
    if given["kibana"]:
        with _client(given["kibana"], given["api_key"], given["ca_file"]) as client:
            if not given["elasticsearch"]:
                _send(client, index, bodies, console=True)
            _import(client, saved_objects.ndjson(index), given["space"])


def _client(url: str, key: str | None, ca_file: Path | None) -> "KibanaClient":
    from pytest_kibana.wire import ApiKey, KibanaClient, read_endpoint

    endpoint, in_url = read_endpoint(url, ca_file=ca_file)
    return KibanaClient(endpoint, ApiKey(key) if key else in_url)


def _send(client: "KibanaClient", index: str, bodies: Iterable[bytes], *, console: bool) -> None:
    """Make the index where it is not there, and send the documents; through Kibana's Console if so told."""
    from pytest_kibana.report.documents import MAPPINGS

    made = _elasticsearch(client, "PUT", f"/{index}", json.dumps({"mappings": MAPPINGS}).encode(), console)
    if made.status_code != 200 and "resource_already_exists" not in made.text:
        raise _refused(f"the index {index}", made)
    sent = 0
    for body in bodies:
        answer = _elasticsearch(client, "POST", "/_bulk", body, console)
        said = answer.json() if answer.status_code == 200 else None
        if not isinstance(said, dict) or said.get("errors") is not False:
            raise _refused("documents", answer)
        sent += len(said.get("items", ()))
    click.echo(f"{sent} documents in {index}")


def _elasticsearch(client: "KibanaClient", method: str, path: str, body: bytes, console: bool) -> Any:
    headers = _NDJSON if path == "/_bulk" else {"content-type": "application/json"}
    if console:
        # What Dev Tools does: Kibana passes the request on, with the user's own privileges.
        return client.post(
            "/api/console/proxy", query={"path": path, "method": method}, content=body, headers=headers
        )
    return client.request(method, path, content=body, headers=headers)


def _import(client: "KibanaClient", objects: str, space: str | None) -> None:
    from pytest_kibana.cases.model import Upload

    spoken = client.in_space(space) if space else client
    answer = spoken.post(
        "/api/saved_objects/_import",
        query={"overwrite": "true"},
        files={"file": Upload("dashboard.ndjson", objects.encode(), "application/ndjson")},
    )
    said = answer.json() if answer.status_code == 200 else {}
    if not said.get("success"):
        raise _refused("the dashboard", answer)
    click.echo(f"dashboard imported: {said.get('successCount')} saved objects")


def _refused(what: str, answer: Any) -> EnvironmentTrouble:
    return EnvironmentTrouble(
        f"{what} could not be shipped: {answer.status_code} {answer.text[:300]}",
        hint="Check the URL, and that the key may write the index and the saved objects.",
    )
