"""``python -m tests.unseen [CONTRACT] [PATTERN…]``: tell which unseen defects are noticed, and by what."""

import sys
import time
from fnmatch import fnmatchcase
from tempfile import TemporaryDirectory

from pytest_kibana import embedded
from pytest_kibana.selftest.trying import Trier, identities
from pytest_kibana.session import Session
from pytest_kibana.settings import Settings
from pytest_kibana.wire import KibanaClient
from tests.unseen.defects import DEFECTS, MEMORY
from tests.unseen.proxy import proxied
from tests.unseen.regressions import UNPROMISED


def tried(contract: str, patterns: list[str]) -> dict[str, tuple[str, ...]]:
    """Return by the name of each defect what noticed it."""
    noticed: dict[str, tuple[str, ...]] = {}
    stand_in = embedded.start(contract, "--control-port 0 --quiet")
    try:
        with (
            TemporaryDirectory() as folder,
            proxied(stand_in.url) as proxy,
            KibanaClient(stand_in.control_url or "", None) as control,
        ):
            session = Session(
                Settings(
                    url=proxy.url,
                    api_key=stand_in.api_key,
                    viewer_api_key=stand_in.viewer_api_key,
                    contract=contract,
                    allow="disruptive",
                    ledger_dir=folder,
                    seed=5,
                )
            )
            trier = Trier(session, control)
            usual: dict[str, tuple[set[str], set[str]]] = {}
            try:
                for name, one in DEFECTS.items():
                    if patterns and not any(fnmatchcase(name, f"*{p}*") for p in patterns):
                        continue
                    began, codes = time.monotonic(), list[str]()
                    for label in one.operations:
                        operation = session.contract.find(label)
                        if operation is None:
                            continue
                        if label not in usual:
                            ran = trier.items(operation, None)
                            usual[label] = (
                                identities(ran.findings(session.known)),
                                set(trier.laws(operation, None)),
                            )
                        MEMORY.clear()
                        with proxy.spoiling(one.spoil):
                            ran = trier.items(operation, None)
                            broken = trier.laws(operation, None) if ran.trouble is None else {}
                        found = [f for f in ran.findings(session.known) if f.identity not in usual[label][0]]
                        codes += [f.code for f in found] + [
                            law for law in broken if law not in usual[label][1]
                        ]
                        codes += [f"! {ran.trouble.message[:80]}"] if ran.trouble else []
                    noticed[name] = tuple(dict.fromkeys(codes))
                    word = "noticed" if codes else "free   " if name in UNPROMISED else "MISSED "
                    print(
                        f"{word} {name}: {' '.join(noticed[name])[:150]}  {time.monotonic() - began:.1f} s",
                        flush=True,
                    )
            finally:
                session.close()
    finally:
        stand_in.close()
    return noticed


if __name__ == "__main__":
    result = tried(sys.argv[1] if len(sys.argv) > 1 else "9.1", sys.argv[2:])
    promised = {name: codes for name, codes in result.items() if name not in UNPROMISED}
    print(f"{sum(map(bool, promised.values()))} of {len(promised)} noticed")
