"""Language models that nobody can reach: asking them costs nothing, and says nothing."""

from pytest_kibana.resources import Handle, Resources


def mute_model(resources: Resources) -> Handle:
    """Return a connector to a model at an address that can belong to nobody (RFC 2606)."""
    return resources.connector(
        connector_type_id=".gen-ai",
        config={"apiProvider": "OpenAI", "apiUrl": "https://nowhere.invalid/v1/chat/completions"},
        secrets={"apiKey": "none"},
    )
