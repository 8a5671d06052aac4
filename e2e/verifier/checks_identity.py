"""The practice identity provider, seen by a client that shares no code with the portal. Invariant: what it asks for and gives is
judged by OpenID Connect Core 1.0, RFC 7523 and RFC 7636, with jwcrypto; the people are the made-up ones of the demo."""

import base64
import hashlib
import json
import pathlib
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request

from jwcrypto import jwk, jws, jwt
from jwcrypto.common import JWException

from batch import need

OF_PORTAL = []
of_portal = OF_PORTAL.append
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Stay(urllib.request.HTTPRedirectHandler):
    """A redirection is an answer like any other."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(Stay)


def ask(address, form=None, **headers):
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        answer = OPENER.open(urllib.request.Request(address, body, headers), timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, dict(answer.headers), answer.read()


class Provider:
    """A realm, known by discovery alone."""

    def __init__(self, portal, issuer, redirect_uri):
        handbook = json.loads((pathlib.Path(portal.folder) / "demo.json").read_text())["practice_provider"]
        self.issuer, self.client_id = handbook[issuer], handbook["client_id"]
        self.redirect_uri = portal.url + redirect_uri
        self.key = jwk.JWK.from_pem(pathlib.Path(handbook["key_file"]).read_bytes())
        status, _, body = ask(self.issuer + "/.well-known/openid-configuration")
        need(status == 200, "there is no discovery document")
        self.metadata = json.loads(body)
        need(self.metadata["issuer"] == self.issuer, "the issuer is another")

    def keys(self):
        return jwk.JWKSet.from_json(ask(self.metadata["jwks_uri"])[2].decode())

    def sign_in(self, person, fault="", scope="openid name address birthdate gender", acr="aal3 crl"):
        """Chooses a person on the page: parameters of the way back, and what only the client knows."""
        own = {"state": secrets.token_urlsafe(), "nonce": secrets.token_urlsafe(), "verifier": secrets.token_urlsafe(48)}
        query = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect_uri, "scope": scope,
            "state": own["state"], "nonce": own["nonce"], "code_challenge_method": "S256", "acr_values": acr,
            "code_challenge": b64(hashlib.sha256(own["verifier"].encode()).digest()),
        }
        status, headers, body = ask(self.metadata["authorization_endpoint"] + "?" + urllib.parse.urlencode(query))
        need(status == 200, f"the page is not shown: {status} {headers.get('location')}")
        page = body.decode()
        action = re.search(r'<form[^>]* action="([^"]+)"', page)[1]
        request = re.search(r'name="request" value="([^"]+)"', page)[1]
        address = urllib.parse.urljoin(self.issuer, action)
        status, headers, _ = ask(address, {"request": request, "person": person, "fault": fault})
        need(status == 303 and headers["location"].startswith(self.redirect_uri + "?"), f"it leads to {headers.get('location')}")
        back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(headers["location"]).query))
        need(back["state"] == own["state"], "the state is another")
        return back, own

    def assertion(self, **changed):
        now = int(time.time())
        claims = {
            "iss": self.client_id, "sub": self.client_id, "aud": self.metadata["token_endpoint"], "exp": now + 5,
            "iat": now, "jti": secrets.token_urlsafe(),
        } | changed
        token = jws.JWS(json.dumps(claims))
        # No `typ`: RFC 7523 asks for none.
        token.add_signature(self.key, None, json.dumps({"alg": "ES256", "kid": self.key.thumbprint()}))
        return token.serialize(compact=True)

    def redeem(self, code, verifier, assertion=None):
        return ask(self.metadata["token_endpoint"], {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri,
            "code_verifier": verifier, "client_assertion_type": ASSERTION,
            "client_assertion": assertion or self.assertion(),
        })

    def tokens(self, person, **how):
        back, own = self.sign_in(person, **how)
        status, headers, body = self.redeem(back["code"], own["verifier"])
        need(status == 200 and "no-store" in headers["cache-control"], f"no tokens: {body!r}")
        return json.loads(body), own

    def claims(self, token, own):
        """The claims of an ID token, checked in full; anything wrong with it raises."""
        expected = {"iss": self.issuer, "aud": self.client_id, "nonce": own["nonce"], "exp": None, "iat": None, "sub": None}
        held = jwt.JWT(check_claims=expected, algs=["ES256"], expected_type="JWS")
        held.leeway = 5
        held.deserialize(token, self.keys())
        return json.loads(held.claims)


def main_realm(portal):
    return Provider(portal, "issuer", "/oidc/callback")


@of_portal
def an_id_token_of_the_practice_provider_holds_and_names_the_four_facts(portal):
    provider = main_realm(portal)
    tokens, own = provider.tokens("hanako")
    claims = provider.claims(tokens["id_token"], own)
    need(claims["acr"] == "aal3" and abs(claims["auth_time"] - time.time()) < 60, "acr or auth_time")
    need(claims["at_hash"] == b64(hashlib.sha256(tokens["access_token"].encode()).digest()[:16]), "at_hash")
    status, _, body = ask(provider.metadata["userinfo_endpoint"], Authorization="Bearer " + tokens["access_token"])
    told = json.loads(body)
    facts = {"name": "窓口 花子", "address": "窓口市架空町1-2-3", "birthdate": "19950401", "gender": "2"}
    need(status == 200 and told == facts | {"sub": claims["sub"]}, f"userinfo says {told}")


@of_portal
def an_id_token_with_a_fault_does_not_hold(portal):
    provider = main_realm(portal)
    for fault in [
        "wrong-nonce", "wrong-audience", "wrong-issuer", "algorithm-none", "hmac-with-public-key", "forged", "unknown-key", "expired",
    ]:
        tokens, own = provider.tokens("hanako", fault=fault)
        try:
            provider.claims(tokens["id_token"], own)
        except (JWException, ValueError):
            continue
        raise AssertionError(f"a token with the fault {fault} holds")
    tokens, own = provider.tokens("hanako", fault="new-key")
    provider.claims(tokens["id_token"], own)


@of_portal
def a_code_and_an_assertion_count_once(portal):
    provider = main_realm(portal)
    assertion = provider.assertion()
    back, own = provider.sign_in("mihoko")
    status, _, body = provider.redeem(back["code"], own["verifier"], assertion)
    need(status == 200, f"no tokens: {body!r}")
    status, _, body = provider.redeem(back["code"], own["verifier"])
    need(status == 400 and json.loads(body)["error"] == "invalid_grant", "a code counted twice")
    again, own = provider.sign_in("mihoko")
    status, _, body = provider.redeem(again["code"], own["verifier"], assertion)
    need(status == 401 and json.loads(body)["error"] == "invalid_client", "an assertion counted twice")
    for wrong in [{"aud": provider.issuer}, {"exp": 1}, {"sub": "another"}]:
        status, _, body = provider.redeem(again["code"], own["verifier"], provider.assertion(**wrong))
        need(status == 401, f"an assertion with {wrong} is taken")


@of_portal
def a_token_of_the_city_says_groups_and_factors(portal):
    provider = Provider(portal, "staff_issuer", "/staff/sign-in/callback")
    for person, groups, acr in [("nanami", ["boshi-clerks"], "aal2"), ("towa", ["boshi-clerks"], "aal1")]:
        tokens, own = provider.tokens(person, scope="openid profile", acr="aal2")
        claims = provider.claims(tokens["id_token"], own)
        need((claims["groups"], claims["acr"]) == (groups, acr), f"{person}: {claims}")
