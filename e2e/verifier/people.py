"""A parent and members of staff of the demo, who go through its pages without script. Invariant: they sign in as everybody
does; the passkeys are those of demo.json, and a form sends what stands on its page."""

import hashlib
import html
import http.cookiejar
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from batch import b64, need, unb64

FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.S)
INPUT = re.compile(r"<input\b[^>]*>", re.S)
BOX = re.compile(r'\stype="(?:radio|checkbox)"')
CHECKED = re.compile(r"\schecked\b")
ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


def attributes(tag):
    return {name: html.unescape(value) for name, value in ATTRIBUTE.findall(tag)}


class Browser:
    """Cookies, and where the portal is."""

    def __init__(self, portal):
        self.url = portal.url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def ask(self, path, inputs=None):
        """The page that it leads to, after redirects."""
        body = None if inputs is None else urllib.parse.urlencode(inputs).encode()
        request = urllib.request.Request(self.url + path, body, {"origin": self.url, "accept-language": "ja"})
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            need(False, f"{path.split('/')[1]} was answered with {error.code}")

    def form(self, page, action):
        """The opening tag of the form that leads there, and what it sends as it stands."""
        found = next((form for form in FORM.findall(page) if attributes(form.split(">")[0]).get("action") == action), None)
        need(found, f"no form leads to …/{action.split('/')[-1]}")
        stands = [tag for tag in INPUT.findall(found) if not BOX.search(tag) or CHECKED.search(tag)]
        named = [attributes(tag) for tag in stands]
        return attributes(found.split(">")[0]), {one["name"]: one.get("value", "") for one in named if "name" in one}

    def send(self, path, action, **typed):
        """Opens a page and sends a form of it."""
        _, inputs = self.form(self.ask(path), action)
        return self.ask(action, inputs | typed)


def parent(portal, mail):
    """A parent who has signed in with the code that came by mail."""
    browser = Browser(portal)
    browser.send("/sign-in?next=/cases", "/sign-in", mail=mail)
    pattern = re.compile(rf"{re.escape(html.escape(mail))}.*?(?:確認番号：|Your number: )([0-9]{{6}})", re.S)
    for _ in range(100):
        code = pattern.search(browser.ask("/demo/outbox"))
        if code:
            browser.send("/sign-in/code?next=/cases", "/sign-in/code", code=code[1])
            return browser
        time.sleep(0.1)
    need(False, "no code came")


def staff(portal, user_id):
    """A member of the sample staff who has signed in with password and passkey."""
    handbook = json.loads((portal.folder / "demo.json").read_text())
    member = next(one for one in handbook["staff"] if one["user_id"] == user_id)
    browser = Browser(portal)
    page = browser.send("/staff/sign-in", "/staff/sign-in", user_id=user_id, password=member["password"])
    tag, inputs = browser.form(page, "/staff/sign-in/passkey")
    inputs["credential"] = assertion(member["passkey"], json.loads(tag["data-options"])["publicKey"]["challenge"], portal.url)
    browser.ask("/staff/sign-in/passkey", inputs)
    return browser


def assertion(passkey, challenge, origin):
    """What `navigator.credentials.get` would give."""
    client = json.dumps({"type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()
    # The practice authenticator counts tenths of a second since 2025, too.
    counter = int((time.time() - 1_735_689_600) * 10)
    present_and_verified = bytes([0b101])
    data = hashlib.sha256(passkey["rp_id"].encode()).digest() + present_and_verified + counter.to_bytes(4, "big")
    secret = int.from_bytes(unb64(passkey["private_key"]["d"]), "big")
    key = ec.derive_private_key(secret, ec.SECP256R1())
    signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
    response = {
        "authenticatorData": b64(data), "clientDataJSON": b64(client), "signature": b64(signature), "userHandle": passkey["user_handle"],
    }
    identity = passkey["credential_id"]
    return json.dumps({"id": identity, "rawId": identity, "type": "public-key", "response": response, "extensions": {}})
