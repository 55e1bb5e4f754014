"""What Kibana's router does and its published contract cannot say. Data, each line with its source."""

# The last path segment may be left out, although the contract gives only the long form. A path is written with nameless
# parameters. Sources: Kibana's route declarations (`/api/alerting/rule/{id?}`, `/api/actions/connector/{id?}`,
# `/api/fleet/epm/packages/{pkgName}/{pkgVersion?}`, `/api/security_ai_assistant/knowledge_base/{resource?}`); the short
# forms were seen to work in recordings of released versions from 8.8 on.
OPTIONAL_TAILS = frozenset(
    {
        ("POST", "/api/alerting/rule/{}"),
        ("POST", "/api/actions/connector/{}"),
        ("GET", "/api/fleet/epm/packages/{}/{}"),
        ("PUT", "/api/fleet/epm/packages/{}/{}"),
        ("POST", "/api/fleet/epm/packages/{}/{}"),
        ("DELETE", "/api/fleet/epm/packages/{}/{}"),
        ("GET", "/api/security_ai_assistant/knowledge_base/{}"),
        ("POST", "/api/security_ai_assistant/knowledge_base/{}"),
    }
)

# The last path segment may itself hold slashes (`{filePath*}` in Kibana's route declarations).
GREEDY_TAILS = frozenset({("GET", "/api/fleet/epm/packages/{}/{}/{}")})

# Operations that publications since 9.3 do not mark as working inside a space. Publications before 9.3 mark none, and
# are read with this list.
WITHOUT_SPACES = (
    "/api/spaces/",
    "/api/security/",
    "/api/logstash/",
    "/api/status",
    "/api/features",
    "/api/task_manager/",
    "/api/upgrade_assistant/",
    "/api/encrypted_saved_objects/",
)

# Operations that work in a space though no publication says so: short URLs are isolated, and copying and sharing begins
# from the space in the URL (observed on 9.4.3).
WITHIN_SPACES = ("/api/short_url", "/api/cases/reporters", "/api/spaces/_")
