"""Package policies in two forms: with lists of inputs and typed variables, and ``format=simplified``, in which inputs
and streams are named and variables are plain values (Kibana source, ``simplified_package_policy_helper.ts``).

What was sent in one form is read in either.
"""

from typing import Any

from pytest_kibana.simulator import generic
from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.inventory import BY_NAME
from pytest_kibana.simulator.replies import Reply
from pytest_kibana.simulator.world import Call

Json = Any
family = Family("fleet simplified")
_KIND = "fleet_package_policy"
_POLICIES = "/api/fleet/package_policies"
_READS = (f"GET {_POLICIES}", f"GET {_POLICIES}/{{}}", f"POST {_POLICIES}/_bulk_get")
_WRITES = (f"POST {_POLICIES}", f"PUT {_POLICIES}/{{}}")


@family.before(*_WRITES)
def take_in(call: Call) -> None:
    """Read named inputs as a list, which is how everything else knows them."""
    body = call.body if isinstance(call.body, dict) else {}
    if isinstance(body.get("inputs"), dict):
        package = str((body.get("package") or {}).get("name") or "")
        rows = [_listed(name, given or {}, package) for name, given in body["inputs"].items()]
        call.body = {**body, "inputs": rows}


@family.after(*_WRITES)
def keep(call: Call, reply: Reply) -> Reply:
    """Keep inputs and variables whole: a contract may have room for one of the forms only."""
    record = call.table(_KIND).get(str(reply.body["item"].get("id")))
    body = call.body if isinstance(call.body, dict) else {}
    if record is not None:
        kept = {"inputs": body.get("inputs"), "vars": _typed(body.get("vars"))}
        record.facts |= {name: value for name, value in kept.items() if body.get(name) is not None}
    return reply


@family.after(*_WRITES, *_READS)
def show(call: Call, reply: Reply) -> Reply:
    """Show inputs by name to those who ask for that, and where a contract knows of nothing else."""
    named = call.query.get("format") == "simplified" or not _has_lists(call)
    if isinstance(reply.body.get("item"), dict):
        reply.body = {**reply.body, "item": _in_form(call, reply.body["item"], named=named)}
    if isinstance(reply.body.get("items"), list):
        reply.body = {
            **reply.body,
            "items": [_in_form(call, item, named=named) for item in reply.body["items"]],
        }
    return reply


def _has_lists(call: Call) -> bool:
    """Tell whether the contract has room for a list of inputs."""
    known = call.world.cache.get(("lists of inputs", ""))
    if known is None:
        schema = generic.descend(call.world, generic.item_schema(call.world, BY_NAME[_KIND]), "inputs")
        flat = call.world.synthesiser.flat(schema)
        arms = [flat, *flat.get("anyOf", ()), *flat.get("oneOf", ())] if isinstance(flat, dict) else []
        kinds = [call.world.synthesiser.flat(arm).get("type", "array") for arm in arms]
        known = call.world.cache["lists of inputs", ""] = "array" in kinds or not kinds
    return bool(known)


def _in_form(call: Call, item: dict[str, Json], *, named: bool) -> dict[str, Json]:
    record = call.table(_KIND).get(str(item.get("id")))
    facts: dict[str, Json] = {} if record is None else record.facts
    kept: dict[str, Json] = {name: facts[name] for name in ("inputs", "vars") if name in facts}
    whole: dict[str, Json] = {**item, **kept}
    return _simplified(whole) if named else whole


def _typed(values: Json) -> dict[str, Json]:
    return {n: v if isinstance(v, dict) and "value" in v else {"value": v} for n, v in (values or {}).items()}


def _plain(values: Json) -> dict[str, Json]:
    return {n: v.get("value") if isinstance(v, dict) else v for n, v in (values or {}).items()}


def _listed(name: str, given: dict[str, Json], package: str) -> dict[str, Json]:
    """Return an input of a list; it is named by its template and its type, which have a hyphen between them."""
    template, _, kind = name.partition("-")
    streams = [
        {
            "enabled": bool((stream or {}).get("enabled", True)),
            "data_stream": {"type": _STREAM_KIND, "dataset": dataset},
            "vars": _typed((stream or {}).get("vars")),
        }
        for dataset, stream in (given.get("streams") or {}).items()
    ]
    return {
        "type": kind or name,
        "policy_template": template or package,
        "enabled": bool(given.get("enabled", True)),
        "streams": streams,
        **({"vars": _typed(given["vars"])} if given.get("vars") else {}),
    }


_STREAM_KIND = "logs"


def _simplified(item: dict[str, Json]) -> dict[str, Json]:
    if not isinstance(item.get("inputs"), list):
        return item
    inputs = {}
    for row in item["inputs"]:
        streams = {
            str((stream.get("data_stream") or {}).get("dataset")): {
                "enabled": stream.get("enabled", True),
                **({"vars": _plain(stream["vars"])} if stream.get("vars") else {}),
            }
            for stream in row.get("streams") or ()
        }
        named = "-".join(str(part) for part in (row.get("policy_template"), row.get("type")) if part)
        inputs[named] = {
            "enabled": row.get("enabled", True),
            **({"streams": streams} if streams else {}),
            **({"vars": _plain(row["vars"])} if row.get("vars") else {}),
        }
    return {**item, "inputs": inputs, **({"vars": _plain(item["vars"])} if item.get("vars") else {})}
