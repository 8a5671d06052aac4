"""The import job against a portal of the verifier's own over HTTP: its tokens, its receipts, and what it does when the portal
misbehaves. Invariant: the tokens are checked with jwcrypto by the format's page (§4), once each."""

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jwcrypto import jwk, jws

from authority import server_context
from batch import RECEIPT_TYPE, digest, need, thumbprint, verify
from office import LINES
from sealer import ISSUER, TIME

CASES = []
case = CASES.append


class Portal:
    """Serves `batches` (seq → files) to one destination."""

    def __init__(self, office, tls=None):
        self.public, self.batches, self.receipts, self.faults, self.jtis = office.destination.public, {}, [], [], set()
        self.receipt_status, self.answers = 200, {}
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(*portal.get(self.path, self.headers))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                self.answer(*portal.post(self.path, self.headers, body))

            def answer(self, status, content, **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                # The import job hangs up on what is longer than it was told.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        office.configure(f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}")

    def put(self, seq, files):
        self.batches[seq] = files

    def authorised(self, headers):
        try:
            self.check_token(headers["authorization"])
        except Exception as fault:
            self.faults.append(fault)
            return False
        return True

    def check_token(self, authorization):
        need(authorization.startswith("Bearer "), "no bearer token")
        token, key = jws.JWS(), self.public["jwk"]
        token.allowed_algs = ["ES256"]
        token.deserialize(authorization.removeprefix("Bearer "), jwk.JWK(**key))
        need(token.jose_header["kid"] == key["kid"] == thumbprint(key), "another kid")
        claims, now = json.loads(token.payload), time.time()
        need(claims["iss"] == claims["sub"] == self.public["destination"], "iss and sub")
        need(claims["aud"] == ISSUER, "aud")
        need(now < claims["exp"] <= now + 60, "exp")
        need(claims["jti"] not in self.jtis, "a jti twice")
        self.jtis.add(claims["jti"])

    def get(self, path, headers):
        if not self.authorised(headers):
            return 401, b""
        if path in self.answers:
            return self.answers[path]
        if path.startswith("/handover/v1/batches?after="):
            after = int(path.partition("=")[2])
            listed = [self.listed(seq) for seq in sorted(self.batches) if seq > after]
            return 200, json.dumps({"batches": listed}).encode()
        *_, seq, name = path.split("/")
        found = self.batches.get(int(seq), {}).get(name)
        return (200, found) if found is not None else (404, b"")

    def listed(self, seq):
        files = self.batches[seq]
        size = sum(map(len, files.values()))
        manifest = digest(files["manifest.jws.json"])
        return {"seq": seq, "entries": 1, "bytes": size, "created_at": TIME, "manifest_sha256": manifest}

    def post(self, path, headers, body):
        if not self.authorised(headers) or path != "/handover/v1/receipts":
            return 401, b""
        self.receipts.append(body)
        return self.receipt_status, b""


def pulls(office, code=0, error=None):
    done = office.run("pull")
    need(done.returncode == code, f"pull ended with {done.returncode}: {done.stderr}{done.stdout}")
    need(error is None or done.stderr.rstrip().endswith(f"({error})"), f"pull said {done.stderr!r}, not {error}")


def two_batches(office):
    one = office.sealer.seal(lines=LINES[:1])
    return one, office.sealer.seal(seq=2, prev=digest(one["manifest.jws.json"]), lines=LINES[1:])


@case
def requests_and_receipts_are_by_the_page(office):
    portal = Portal(office)
    for seq, files in enumerate(two_batches(office), 1):
        portal.put(seq, files)
    pulls(office)
    need(not portal.faults, f"tokens: {portal.faults}")
    public = office.destination.public["jwk"]
    receipts = [verify(body, RECEIPT_TYPE, {public["kid"]: public}) for body in portal.receipts]
    need([receipt["seq"] for receipt in receipts] == [1, 2], "the receipts are others")
    results = [one["result"] for receipt in receipts for one in receipt["results"]]
    need(results == ["imported", "imported", "held"], f"the results are {results}")
    pulls(office)
    need(len(portal.receipts) == 2, "an acknowledged receipt was sent again")


@case
def an_unacknowledged_receipt_is_sent_again_byte_for_byte(office):
    portal = Portal(office)
    portal.put(1, two_batches(office)[0])
    portal.receipt_status = 503
    pulls(office, 1, "portal")
    portal.receipt_status = 200
    pulls(office)
    need(len(portal.receipts) == 2 and portal.receipts[0] == portal.receipts[1], "the receipts differ")


@case
def a_portal_that_went_back_is_refused(office):
    portal = Portal(office)
    one, two = two_batches(office)
    portal.put(1, one)
    portal.put(2, two)
    pulls(office)
    del portal.batches[2]
    pulls(office, 1, "went_back")
    portal.put(2, office.sealer.seal(seq=2, prev=digest(one["manifest.jws.json"]), lines=LINES[:0]))
    pulls(office, 1, "went_back")
    portal.batches.clear()
    pulls(office, 1, "went_back")


@case
def gaps_and_altered_files_stop_a_pull(office):
    portal = Portal(office)
    one, two = two_batches(office)
    portal.put(2, two)
    pulls(office, 1, "gap")
    portal.put(1, one | {"entries.ndjson.age": one["entries.ndjson.age"][:-1] + b"x"})
    pulls(office, 1, "file_digest")
    portal.put(1, one | {"entries.ndjson.age": one["entries.ndjson.age"] + b"x"})
    pulls(office, 1, "file_size")
    portal.put(1, one)
    pulls(office)


@case
def what_is_too_long_leads_elsewhere_or_makes_no_sense_is_not_followed(office):
    portal = Portal(office)
    one, _ = two_batches(office)
    portal.put(1, one)
    entries = "/handover/v1/batches/1/entries.ndjson.age"
    # What is longer than the manifest says is not read to its end.
    for answer, error in [((200, bytes(1_000_000)), "file_size"), ((302, b""), "portal"), ((500, b"x" * 100), "portal")]:
        portal.answers = {entries: answer}
        pulls(office, 1, error)
    for listing in [b"", b"[]", b'{"batches":[{"seq":-1}]}', b'{"batches":[{"seq":1}]}']:
        portal.answers = {"/handover/v1/batches?after=0": (200, listing)}
        pulls(office, 1, "portal")
    need(not (office.folder / "out").exists(), "something was written")
    portal.answers = {}
    pulls(office)


@case
def a_replayed_list_of_old_batches_brings_nothing_twice(office):
    portal = Portal(office)
    one, _ = two_batches(office)
    portal.put(1, one)
    pulls(office)
    portal.put(2, one)
    pulls(office, 1, "replay")
    need(sorted(path.name for path in (office.folder / "out").iterdir()) == ["pregnancy_notification-000001.csv"], "doubled")


@case
def over_https_only_an_authority_that_was_named_vouches_for_the_portal(office):
    context, authorities = server_context(office.folder)
    portal = Portal(office, context)
    portal.put(1, two_batches(office)[0])
    pulls(office, 1, "portal")
    need(not portal.jtis, "a token was sent to a portal that nobody vouches for")
    config = office.folder / "import.toml"
    config.write_text(f'ca_file = "{authorities.name}"\n' + config.read_text())
    pulls(office)
    need(len(portal.receipts) == 1, "no receipt came")


@case
def plain_http_to_another_machine_is_wrong_use(office):
    office.configure("http://portal.example")
    pulls(office, 2, "configuration")
