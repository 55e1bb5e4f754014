"""Where it is known from that Kibana keeps a requirement, as the catalogue of requirements says it."""

LIVE = "observed live"
API_TESTS = "Elastic's own API tests assert it"
AUTHENTICATION = "Kibana source, authentication_service.ts"
CONTRACT = "Kibana contract"
PRIVILEGES = "Kibana contract: the privileges that each operation names"
TERRAFORM = "observed through the Terraform provider"
