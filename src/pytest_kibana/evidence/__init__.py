"""What is kept: the results document, its merging, comparing and verifying, and the lists of known
deviations.
"""

from pytest_kibana.evidence.deviations import (
    Deviation,
    Deviations,
    Sign,
    draft,
    load_deviations,
    read_deviations,
    what_was_tested,
)
from pytest_kibana.evidence.document import (
    SCHEMA_VERSION,
    Results,
    ResultsWriter,
    as_read,
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
    RequirementRecord,
    Severity,
    SkipRecord,
    TroubleRecord,
    Verdict,
    VerdictRecord,
)

__all__ = [
    "SCHEMA_VERSION",
    "About",
    "Deviation",
    "Deviations",
    "FamilyCoverage",
    "Finding",
    "Footer",
    "Header",
    "Level",
    "Record",
    "RequirementRecord",
    "Results",
    "ResultsWriter",
    "Severity",
    "Sign",
    "SkipRecord",
    "TroubleRecord",
    "Verdict",
    "VerdictRecord",
    "as_read",
    "draft",
    "load_deviations",
    "read_deviations",
    "read_results",
    "what_was_tested",
    "write_results",
]
