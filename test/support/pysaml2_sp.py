"""A service provider by pysaml2. Reads one JSON command a line and answers with one JSON line."""

import json
import shutil
import sys
import warnings

warnings.filterwarnings("ignore")

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT  # noqa: E402
from saml2.client import Saml2Client  # noqa: E402
from saml2.config import SPConfig  # noqa: E402

BINDINGS = {"POST": BINDING_HTTP_POST, "Redirect": BINDING_HTTP_REDIRECT}


def make_client(options):
    config = SPConfig()
    config.load(
        {
            "entityid": options["entityId"],
            "service": {
                "sp": {
                    "endpoints": {
                        "assertion_consumer_service": [(options["acs"], BINDING_HTTP_POST)],
                        "single_logout_service": [(options["slo"], BINDINGS[options["sloBinding"]])],
                    },
                    "authn_requests_signed": True,
                    "logout_requests_signed": True,
                    "logout_responses_signed": True,
                    "want_assertions_signed": True,
                    "want_response_signed": True,
                    "allow_unsolicited": False,
                    "signing_algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                    "digest_algorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
                }
            },
            "metadata": {"inline": [options["metadata"]]},
            "key_file": options["key"],
            "cert_file": options["cert"],
            "xmlsec_binary": shutil.which("xmlsec1"),
            "allow_unknown_attributes": True,
            "accepted_time_diff": 5,
        }
    )
    return Saml2Client(config)


def sent(http):
    """What the browser is to do."""
    location = dict(http["headers"]).get("Location")
    if location:
        return {"location": location}
    return {"page": http["data"] if isinstance(http["data"], str) else "".join(http["data"])}


class ServiceProvider:
    def __init__(self, options):
        self.client = make_client(options)
        self.outstanding = {}
        self.idp = options["idp"]

    def login(self, binding, relay):
        request_id, _, http = self.client.prepare_for_negotiated_authenticate(
            entityid=self.idp, relay_state=relay, binding=BINDINGS[binding], response_binding=BINDING_HTTP_POST
        )
        self.outstanding[request_id] = relay
        return sent(http)

    def acs(self, response):
        parsed = self.client.parse_authn_request_response(response, BINDING_HTTP_POST, self.outstanding)
        name = parsed.name_id
        return {
            "nameId": name.text,
            "format": name.format,
            "attributes": parsed.ava,
            "sessionIndex": parsed.assertion.authn_statement[0].session_index,
        }

    def logout(self, binding):
        name_id = self.client.users.subjects()[0]
        result = self.client.do_logout(name_id, [self.idp], "", None, sign=True, expected_binding=BINDINGS[binding])
        return sent(result[self.idp][1])

    def logout_response(self, response, binding):
        parsed = self.client.parse_logout_request_response(response, BINDINGS[binding])
        return {"ok": parsed.status_ok(), "inResponseTo": parsed.in_response_to}

    def logout_request(self, request, binding, relay):
        name_id = self.client.users.subjects()[0]
        return sent(self.client.handle_logout_request(request, name_id, BINDINGS[binding], relay_state=relay))


def main():
    provider = ServiceProvider(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        command = json.loads(line)
        operation = command.pop("do")
        try:
            answer = getattr(provider, operation)(**command)
        except Exception as error:  # the test reads what went wrong
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
