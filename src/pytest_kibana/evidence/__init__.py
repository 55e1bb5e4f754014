"""What is kept: the results document, its merging, comparing and verifying, and the lists of known
deviations.
"""

from pytest_kibana.evidence.document import (
    SCHEMA_VERSION,
    Results,
    ResultsWriter,
    read_results,
    write_results,
)
from pytest_kibana.evidence.model import (
    About,
    FamilyCoverage,
    Finding,
    Footer,
    Header,
    Level,
    Record,
    Severity,
    SkipRecord,
    TroubleRecord,
    Verdict,
    VerdictRecord,
)

__all__ = [
    "SCHEMA_VERSION",
    "About",
    "FamilyCoverage",
    "Finding",
    "Footer",
    "Header",
    "Level",
    "Record",
    "Results",
    "ResultsWriter",
    "Severity",
    "SkipRecord",
    "TroubleRecord",
    "Verdict",
    "VerdictRecord",
    "read_results",
    "write_results",
]
