"""The cases room: what to send. ``cases_for(contract, operation, seed=...) -> tuple[Case, ...]``."""

from pytest_kibana.cases.bank import Bank, open_bank
from pytest_kibana.cases.base import Bindings
from pytest_kibana.cases.model import BUDGETS, Case, CaseBudget, Kind, Made, Recipe, Upload
from pytest_kibana.cases.selection import cases_for, make_cases

__all__ = [
    "BUDGETS",
    "Bank",
    "Bindings",
    "Case",
    "CaseBudget",
    "Kind",
    "Made",
    "Recipe",
    "Upload",
    "cases_for",
    "make_cases",
    "open_bank",
]
