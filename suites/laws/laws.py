"""Every law, each once: what create, read, list, update and delete owe one another, whatever the resource.

The laws stand in modules by what they are about; importing this one enters them all.
"""

from pytest_kibana.suites.laws import contents, lists, objects, refusals, spaces
from pytest_kibana.suites.laws.statutes import STATUTES, Statute, applicable, forms, operations_of

__all__ = [
    "STATUTES",
    "Statute",
    "applicable",
    "contents",
    "forms",
    "lists",
    "objects",
    "operations_of",
    "refusals",
    "spaces",
]
