"""A Kibana dashboard over shipped results, as saved objects that Kibana imports.

Objects are written as of Kibana 8.9; later versions migrate them while importing.
"""

import json
from typing import Any

from pytest_kibana.report.documents import INDEX

VIEW = "kibana-conformance"
DASHBOARD = "kibana-conformance-dashboard"

_LAYER = "layer1"


def ndjson(index: str = INDEX) -> str:
    """Return the saved objects, a line each: a data view, the panels, the dashboard.

    Args:
        index: name or pattern of the index that results were shipped to.
    """
    panels = _panels()
    objects = [_data_view(index), *(panel for panel, _ in panels), _dashboard(panels)]
    return "".join(json.dumps(one) + "\n" for one in objects)


def _object(kind: str, name: str, attributes: dict[str, Any], version: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "id": name,
        "attributes": attributes,
        "references": more.get("references", []),
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": version,
        "managed": False,
    }


def _data_view(index: str) -> dict[str, Any]:
    attributes = {"title": index, "name": "Kibana conformance", "timeFieldName": "@timestamp"}
    return _object("index-pattern", VIEW, attributes, "8.0.0")


_COUNT = {"label": "findings", "dataType": "number", "operationType": "count", "isBucketed": False}


def _column(**more: Any) -> dict[str, Any]:
    return {"customLabel": True, **more}


def _terms(field: str, label: str, size: int = 20) -> dict[str, Any]:
    return _column(
        label=label,
        dataType="string",
        operationType="terms",
        scale="ordinal",
        sourceField=field,
        isBucketed=True,
        params={
            "size": size,
            "orderBy": {"type": "column", "columnId": "value"},
            "orderDirection": "desc",
            "otherBucket": False,
            "missingBucket": False,
        },
    )


def _value(operation: str, field: str, label: str) -> dict[str, Any]:
    return _column(
        label=label,
        dataType="number",
        operationType=operation,
        scale="ratio",
        sourceField=field,
        isBucketed=False,
        params={},
    )


def _count(label: str) -> dict[str, Any]:
    return _column(
        **{**_COUNT, "label": label, "scale": "ratio", "sourceField": "___records___", "params": {}}
    )


def _lens(
    name: str, title: str, query: str, columns: dict[str, Any], *, kind: str, shown: dict[str, Any]
) -> dict[str, Any]:
    layer = {"columnOrder": list(columns), "columns": columns, "incompleteColumns": {}}
    attributes = {
        "title": title,
        "description": "",
        "visualizationType": kind,
        "state": {
            "visualization": shown,
            "query": {"language": "kuery", "query": query},
            "filters": [],
            "datasourceStates": {"formBased": {"layers": {_LAYER: layer}}},
        },
    }
    view = {"type": "index-pattern", "id": VIEW, "name": f"indexpattern-datasource-layer-{_LAYER}"}
    return _object("lens", f"{VIEW}-{name}", attributes, "8.9.0", references=[view])


def _table(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        "layerId": _LAYER,
        "layerType": "data",
        "columns": [{"columnId": name, "isTransposed": False} for name in columns],
    }


def _bars(series: str) -> dict[str, Any]:
    return {
        "preferredSeriesType": "bar_stacked",
        "legend": {"isVisible": True, "position": "right"},
        "valueLabels": "hide",
        "layers": [
            {
                "layerId": _LAYER,
                "layerType": "data",
                "seriesType": "bar_stacked",
                "xAccessor": "when",
                "splitAccessor": series,
                "accessors": ["value"],
            }
        ],
    }


def _panels() -> list[tuple[dict[str, Any], dict[str, int]]]:
    """The panels, each with its place on a grid that is 48 wide."""
    when = _column(
        label="run",
        dataType="date",
        operationType="date_histogram",
        scale="interval",
        sourceField="@timestamp",
        isBucketed=True,
        params={"interval": "auto", "includeEmptyRows": False},
    )
    new = {"value": _value("last_value", "run.new", "new findings")}
    new["value"]["params"] = {"sortField": "@timestamp", "showArrayValues": False}
    over_time = {
        "status": _terms("finding.status", "status", 3),
        "when": when,
        "value": _count("findings"),
    }
    coverage = {
        "family": _terms("family", "family", 100),
        "value": _value("max", "coverage.eligible", "eligible"),
        "tested": _value("max", "coverage.tested", "tested"),
        "succeeded": _value("max", "coverage.succeeded", "success seen"),
        "findings": _value("max", "coverage.findings", "findings"),
    }
    rules = {
        "code": _terms("finding.code", "rule", 100),
        "title": _terms("finding.title", "what is wrong", 1),
        "operation": _terms("finding.operation", "operation", 100),
        "version": _terms("target.version", "version", 5),
        "value": _value("max", "finding.count", "seen"),
    }
    metric = {"layerId": _LAYER, "layerType": "data", "metricAccessor": "value"}
    return [
        (
            _lens("new", "New findings of the last run", 'kind: "run"', new, kind="lnsMetric", shown=metric),
            {"x": 0, "y": 0, "w": 12, "h": 10},
        ),
        (
            _lens(
                "time", "Findings by run", 'kind: "finding"', over_time, kind="lnsXY", shown=_bars("status")
            ),
            {"x": 12, "y": 0, "w": 36, "h": 10},
        ),
        (
            _lens(
                "families",
                "Coverage",
                'kind: "family"',
                coverage,
                kind="lnsDatatable",
                shown=_table(coverage),
            ),
            {"x": 0, "y": 10, "w": 20, "h": 20},
        ),
        (
            _lens(
                "rules",
                "New findings",
                'kind: "finding" and finding.status: "new"',
                rules,
                kind="lnsDatatable",
                shown=_table(rules),
            ),
            {"x": 20, "y": 10, "w": 28, "h": 20},
        ),
    ]


def _dashboard(panels: list[tuple[dict[str, Any], dict[str, int]]]) -> dict[str, Any]:
    placed, references = [], []
    for number, (panel, place) in enumerate(panels, 1):
        name = f"panel_{number}"
        placed.append(
            {
                "type": "lens",
                "gridData": {**place, "i": str(number)},
                "panelIndex": str(number),
                "embeddableConfig": {"enhancements": {}},
                "panelRefName": name,
            }
        )
        references.append({"name": f"{number}:{name}", "type": "lens", "id": panel["id"]})
    attributes = {
        "title": "Kibana conformance",
        "description": "What pytest-kibana found: coverage by family, findings by rule, run by run.",
        "panelsJSON": json.dumps(placed),
        "optionsJSON": json.dumps({"useMargins": True, "syncColors": False, "hidePanelTitles": False}),
        "timeRestore": True,
        "timeFrom": "now-90d",
        "timeTo": "now",
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": json.dumps({"query": {"language": "kuery", "query": ""}, "filter": []})
        },
        "version": 1,
    }
    return _object("dashboard", DASHBOARD, attributes, "8.9.0", references=references)
