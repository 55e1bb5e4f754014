"""A results document to start from."""

from typing import Any

import pytest

from pytest_kibana.evidence.model import (
    About,
    FamilyCoverage,
    Finding,
    Footer,
    Header,
    Level,
    RequirementRecord,
    Severity,
    SkipRecord,
    TroubleRecord,
    Verdict,
    VerdictRecord,
)


class Make:
    """Makes records with defaults."""

    @staticmethod
    def header(**more: Any) -> Header:
        values: dict[str, Any] = {
            "schema": 1,
            "tool": {"name": "pytest-kibana", "version": "0.1.0"},
            "contract": {"source": "9.1", "sha256": "a" * 64},
            "target": {"version": "9.1.4", "flavor": "traditional", "uuid": "u"},
            "settings": {"api_key": "[redacted]"},
            "seed": 7,
            "plan": {"operations": 3},
            "started": 1000.0,
        }
        return Header(**{**values, **more})

    @staticmethod
    def verdict(operation: str = "GET /api/a", code: str = "KBN-R103", group: str = "responses", **more: Any):
        values: dict[str, Any] = {
            "item": f"{operation}-{group}",
            "operation": operation,
            "family": operation.split("/")[2],
            "code": code,
            "verdict": Verdict.PASSED,
            "counts": {"passed": 2},
            "success": True,
            "statuses": {"200": 2},
            "milliseconds": 3.5,
        }
        return VerdictRecord(**{**values, **more})

    @staticmethod
    def finding(identity: str = "f1", operation: str = "GET /api/a", **more: Any) -> Finding:
        values: dict[str, Any] = {
            "identity": identity,
            "code": "KBN-R103",
            "title": "response body violates its schema",
            "sentence": "is a number",
            "operation": operation,
            "about": About.DEPLOYMENT,
            "level": Level.MUST,
            "severity": Severity.CRITICAL,
            "family": operation.split("/")[2],
            "operations": (operation,),
            "pointer": "/*/x",
            "exchange": {"request": {"method": "GET"}},
        }
        return Finding(**{**values, **more})

    @staticmethod
    def requirement(name: str = "KBN-REQ-A-001", verdict: Verdict = Verdict.PASSED, **more: Any):
        values: dict[str, Any] = {"test": f"families/a/test_a.py::{name}", "families": ("a",), **more}
        return RequirementRecord(requirement=name, level=Level.MUST, verdict=verdict, **values)

    @staticmethod
    def skip(operation: str = "GET /api/c", kind: str = "safety", **more: Any) -> SkipRecord:
        return SkipRecord(operation, operation.split("/")[2], kind, "because", **more)

    @staticmethod
    def trouble(**more: Any) -> TroubleRecord:
        return TroubleRecord(**{"kind": "broken", "sentence": "it broke", "at": 1.0, **more})

    @staticmethod
    def coverage(family: str = "a", **more: int) -> FamilyCoverage:
        values = {
            "operations": 1,
            "eligible": 1,
            "tested": 1,
            "succeeded": 1,
            "findings": 0,
            "requests": 2,
            **more,
        }
        return FamilyCoverage(family, **values)

    @staticmethod
    def footer(**more: Any) -> Footer:
        values: dict[str, Any] = {
            "finished": 1010.0,
            "verdict": Verdict.PASSED,
            "exit_code": 0,
            "counts": {"tested": 1},
            "requests": 2,
            "seconds": 10.0,
        }
        return Footer(**{**values, **more})


@pytest.fixture(scope="session")
def make() -> type[Make]:
    return Make
