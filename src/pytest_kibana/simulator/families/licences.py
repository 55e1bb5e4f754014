"""What a licence must be for, in families that say no more about it than that they are refused."""

from pytest_kibana.simulator.families import Family
from pytest_kibana.simulator.replies import Refusal
from pytest_kibana.simulator.world import Call

family = Family("licences")

TIERS = {
    "* /api/ml/*": "platinum",
    "* /api/risk_score/*": "platinum",
    "* /api/entity_analytics/*": "platinum",
    "POST /api/endpoint/action/*": "platinum",
    "POST /api/endpoint/isolate": "platinum",
    "POST /api/endpoint/unisolate": "platinum",
    "* /api/security/entity_store/resolution/*": "enterprise",
    "* /api/fleet/remote_synced_integrations/*": "enterprise",
    "GET /api/fleet/agent_policies/{}/auto_upgrade_agents_status": "enterprise",
}
"""The lowest licence of operations, by patterns of their labels (what Elastic's subscriptions page lists)."""

for _pattern, _tier in TIERS.items():

    @family.before(_pattern)
    def licensed(call: Call, tier: str = _tier) -> None:
        """Refuse below the tier."""
        if not call.world.licensed(tier):
            kind = call.world.config.license
            text = f"Your {kind} license does not support this API. Please upgrade your license to {tier}."
            raise Refusal(403, text, family="platform")
