"""``python -m pytest_kibana.simulator``: a stand-in from the command line."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pytest_kibana.errors import HarnessError
from pytest_kibana.simulator.config import LICENSES, Config


def parser() -> argparse.ArgumentParser:
    """Return the parser of the stand-in's flags."""
    made = argparse.ArgumentParser(
        prog="pytest-kibana serve",
        description="A stand-in Kibana that speaks a contract and keeps state.",
    )
    made.add_argument(
        "--contract",
        action="append",
        help="file, URL, version such as 9.1, or core (the default); repeated for contracts that are served together",
    )
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=0, help="0 takes a free one")
    made.add_argument("--base-path", default="", help="answer below this path only, such as /kibana")
    made.add_argument("--license", choices=LICENSES, default="trial")
    made.add_argument("--flavor", choices=("traditional", "serverless"), default="traditional")
    made.add_argument("--version", help="what /api/status claims; the contract's where left out")
    made.add_argument(
        "--fault", action="append", default=[], metavar="NAME@LABEL", help="may be given repeatedly"
    )
    made.add_argument(
        "--quirks", metavar="RELEASE", help="switch on the known deviations of a release, such as 9.4"
    )
    made.add_argument(
        "--data", type=Path, metavar="FILE", help="keep the state in this file, across a kill too"
    )
    made.add_argument(
        "--control-port", type=int, help="open a door for switching faults; 0 takes a free port"
    )
    made.add_argument(
        "--elasticsearch-port", type=int, help="open an Elasticsearch of a few calls; 0 takes a free port"
    )
    made.add_argument("--boot-seconds", type=float, default=0.0, help="answer 503 for so long")
    made.add_argument("--ready-file", type=Path, help="where to say in JSON that requests are accepted")
    made.add_argument("--exit-with-parent", action="store_true", help="stop when standard input ends")
    made.add_argument(
        "--contract-path", action="append", type=Path, default=[], help="where contracts are looked for"
    )
    made.add_argument("--api-key", help="the superuser's encoded API key; made up where left out")
    made.add_argument("--max-spaces", type=int, default=1000)
    made.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of kibana.yml; may be repeated",
    )
    made.add_argument(
        "--shutdown-seconds",
        type=float,
        default=30.0,
        help="how long a signal to end waits for answers under way",
    )
    made.add_argument("--oas", action="store_true", help="give the contract at /api/oas (server.oas.enabled)")
    made.add_argument("--quiet", action="store_true", help="print no banner")
    return made


def config_of(arguments: Sequence[str] | None = None) -> Config:
    """Return the config that the flags describe."""
    given = parser().parse_args(arguments)
    contract, *beside = given.contract or ["core"]
    return Config(
        contract=contract,
        beside=tuple(beside),
        host=given.host,
        port=given.port,
        base_path="/" + given.base_path.strip("/") if given.base_path.strip("/") else "",
        license=given.license,
        flavor=given.flavor,
        version=given.version,
        faults=tuple(given.fault),
        quirks=given.quirks,
        data_file=given.data,
        control_port=given.control_port,
        elasticsearch_port=given.elasticsearch_port,
        boot_seconds=given.boot_seconds,
        ready_file=given.ready_file,
        exit_with_parent=given.exit_with_parent,
        contract_path=tuple(given.contract_path),
        api_key=given.api_key,
        max_spaces=given.max_spaces,
        oas=given.oas,
        quiet=given.quiet,
        settings=tuple(given.set),
        shutdown_seconds=given.shutdown_seconds,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    config = config_of(arguments)
    from pytest_kibana.simulator.server import run

    try:
        run(config)
    except HarnessError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return int(trouble.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
