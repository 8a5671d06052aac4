"""The portal, seen by a back office that shares no code with it. Invariant: everything is opened and signed with jwcrypto and
pyrage, by the page of the hand-over format; the portal under test is a demo in a folder of its own."""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import re
import secrets
import shlex
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from jwcrypto import jwk

import people
from batch import KEYS_TYPE, RECEIPT_TYPE, ZEROS, Destination, b64, digest, need, open_batch, sign, thumbprint, verify

CASES = []
case = CASES.append
NOW = "2026-11-24T09:00:00+09:00"


class Portal:
    """A running demo."""

    def __init__(self, program, folder):
        # Away from the import job, which the demo would run by itself from beside the program.
        self.folder, self.program = folder, str(folder / "madoguchi")
        shutil.copy(program, self.program)
        self.environment = os.environ | {"MADOGUCHI_DATA_DIR": str(folder), "MADOGUCHI_LISTEN": "127.0.0.1:0"}
        self.log = open(folder / "portal.log", "wb")
        self.process = subprocess.Popen(
            [self.program, "serve", "--demo"], env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True
        )

    def wait(self):
        """Until it serves."""
        ready = next((line for line in self.process.stdout if line.startswith("ready ")), None)
        need(ready, f"the portal did not start: {(self.folder / 'portal.log').read_text()[-2000:]}")
        self.url = ready.split()[1].rstrip("/")
        # Commands beside it name the same address.
        self.environment["MADOGUCHI_LISTEN"] = f"127.0.0.1:{self.url.rsplit(':', 1)[1]}"
        handbook = json.loads((self.folder / "demo.json").read_text())
        self.import_config = pathlib.Path(handbook["import_config"])
        self.destination = Destination(pathlib.Path(handbook["import_keys_dir"]))

    def stop(self):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        self.process.kill()
        self.log.close()

    def command(self, *words):
        return subprocess.run([self.program, *map(str, words), "--demo"], env=self.environment, capture_output=True, text=True, timeout=60)

    def carry(self, seq, out):
        """Two people allow a batch on a medium; the registered terminal writes it."""
        if not hasattr(self, "terminal"):
            self.carriers()
        asks, approves = people.staff(self, "admin1"), people.staff(self, "clerk2")
        _, inputs = asks.form(asks.ask("/staff/media"), "/staff/media/carriages")
        options = dict(re.findall(r'<option value="([^"]+)">([^<]*)', asks.ask("/staff/media")))
        named = {name: next(value for value, text in options.items() if text == name) for name in ("媒体1", "端末1")}
        chosen = {"destination": self.destination.name, "seq": seq, "medium": named["媒体1"], "terminal": named["端末1"]}
        asks.ask("/staff/media/carriages", inputs | chosen)
        carriage = re.search(r"/staff/media/carriages/([0-9a-f]{32})/approve", approves.ask("/staff/media"))[1]
        early = self.command("handover", "export", carriage, "--terminal", self.terminal, "--out", out)
        need(early.returncode != 0, "a batch was written before the second person's yes")
        approves.send("/staff/media", f"/staff/media/carriages/{carriage}/approve")
        stranger = self.folder / "stranger.pem"
        if not stranger.exists():
            self.command("handover", "terminal-key", "--out", stranger)
        other = self.command("handover", "export", carriage, "--terminal", stranger, "--out", out)
        need(other.returncode != 0, "a terminal that was not approved wrote a batch")
        done = self.command("handover", "export", carriage, "--terminal", self.terminal, "--out", out)
        need(done.returncode == 0, done.stderr)
        for deed in ("return", "wipe"):
            asks.send("/staff/media", f"/staff/media/carriages/{carriage}/{deed}")

    def carriers(self):
        """A medium and a terminal, registered by one person and approved by another."""
        asks, approves = people.staff(self, "admin1"), people.staff(self, "clerk2")
        self.terminal = self.folder / "terminal.pem"
        key = self.command("handover", "terminal-key", "--out", self.terminal).stdout.splitlines()[0]
        asks.ask("/staff/media/carriers", {"kind": "medium", "label": "媒体1", "serial": "SN-1", "encryption": "hardware"})
        asks.ask("/staff/media/carriers", {"kind": "terminal", "label": "端末1", "key": key})
        for carrier in re.findall(r"/staff/media/carriers/([0-9a-f]{32})/approve", approves.ask("/staff/media")):
            approves.send("/staff/media", f"/staff/media/carriers/{carrier}/approve")

    def import_job(self, *words):
        command = [os.environ["MADOGUCHI_IMPORT_BIN"], "--config", str(self.import_config), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        need(done.returncode == 0, f"{words[0]}: {done.stderr}")
        return done.stdout

    def at_a_terminal(self, *words):
        """What the import job shows on a terminal of its own: personal data goes nowhere else."""
        command = [os.environ["MADOGUCHI_IMPORT_BIN"], "--config", str(self.import_config), *map(str, words)]
        done = subprocess.run(["script", "-qec", shlex.join(command), "/dev/null"], input="\n", capture_output=True, text=True, timeout=60)
        need(done.returncode == 0, f"{words[0]}: {done.stdout}")
        return done.stdout

    def carries_back(self, folder):
        """Has the import job write its receipt, gives it to the portal, and gives what it says."""
        self.import_job("receipts", "--out", folder)
        (receipt,) = folder.iterdir()
        public = self.destination.public["jwk"]
        results = verify(receipt.read_bytes(), RECEIPT_TYPE, {public["kid"]: public})["results"]
        done = self.command("handover", "receipt", receipt)
        need(done.returncode == 0, done.stderr)
        return results

    def status(self, seq):
        lines = self.command("handover", "status").stdout.splitlines()
        return next(line for line in lines if line.startswith(f"{seq}\t"))

    def token(self, key=None, **other):
        claims = {"iss": self.destination.name, "sub": self.destination.name, "aud": self.url, "exp": int(time.time()) + 50}
        claims |= {"jti": secrets.token_hex(16)} | other
        header = {"alg": "ES256", "kid": self.destination.kid, "typ": "JWT"}
        outer = json.loads(sign(key or self.destination.signing, header, claims))
        return f"{outer['protected']}.{outer['payload']}.{outer['signature']}"

    def ask(self, path, token=None, body=None, **headers):
        """Status, headers and body of the answer."""
        headers |= {"authorization": f"Bearer {token or self.token()}"}
        if body is not None:
            headers |= {"content-type": "application/jose+json"}
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def get(self, path):
        status, _, content = self.ask(path)
        need(status == 200, f"{path.split('?')[0]}: {status}")
        return content

    def keys(self):
        return {key["kid"]: key for key in json.loads(self.get("/.well-known/madoguchi-jwks.json"))["keys"]}

    def batches(self):
        """All batches as the portal lists them; it seals by itself, and at once when told."""
        for _ in range(120):
            listed = json.loads(self.get("/handover/v1/batches?after=0"))["batches"]
            if listed:
                return listed
            self.command("handover", "seal")
            time.sleep(1)
        need(False, "no batch came")

    def files(self, seq):
        path = f"/handover/v1/batches/{seq}/"
        manifest = self.get(path + "manifest.jws.json")
        names = [file["name"] for file in verify(manifest, "madoguchi-batch+jws", self.keys())["files"]]
        return {"manifest.jws.json": manifest} | {name: self.get(path + name) for name in names}

    def opened(self, most=None):
        """Every batch, or the first so many: its files, its manifest and its entries."""
        previous, opened = (0, ZEROS), []
        for listed in self.batches()[:most]:
            files = self.files(listed["seq"])
            need(digest(files["manifest.jws.json"]) == listed["manifest_sha256"], "the list names another manifest")
            manifest, entries = open_batch(
                files, self.keys(), self.url, self.destination.name, previous, self.destination.entries
            )
            need(listed["entries"] == len(entries), "the list names another number of entries")
            previous = (listed["seq"], listed["manifest_sha256"])
            opened.append((files, manifest, entries))
        return opened

    def receipt(self, manifest, results, key=None, header=None, **other):
        payload = {"v": 1, "iss": self.destination.name, "aud": self.url, "seq": manifest["seq"], "jti": secrets.token_hex(16)}
        payload |= {"manifest_sha256": manifest["digest"], "results": results} | other
        header = {"alg": "ES256", "kid": self.destination.kid, "typ": RECEIPT_TYPE} | (header or {})
        return sign(key or self.destination.signing, header, payload)

    def sends(self, receipt):
        status, headers, content = self.ask("/handover/v1/receipts", body=receipt)
        if status != 200:
            problem(headers, content, status)
        return status


def problem(headers, content, status):
    need(headers["content-type"].startswith("application/problem+json"), f"{status} is no problem detail")
    need(json.loads(content)["status"] == status, "the problem names another status")


@case
def the_keys_are_published_with_their_thumbprints_and_announced(portal):
    keys = portal.keys()
    need(keys, "no keys")
    for kid, key in keys.items():
        need(thumbprint(key) == kid and "d" not in key, "a kid is not the thumbprint, or a key is private")
    announcement = verify(portal.get("/.well-known/madoguchi-keys.jws.json"), KEYS_TYPE, keys)
    need({one["jwk"]["kid"] for one in announcement["keys"]} == set(keys), "other keys are announced")
    told = portal.command("keys", "show").stdout.replace(" ", "").lower()
    for kid in keys:
        fingerprint = base64.urlsafe_b64decode(kid + "=").hex()
        need(fingerprint in told, "`keys show` prints another fingerprint")


@case
def only_a_good_token_is_let_in_and_only_once(portal):
    path = "/handover/v1/batches?after=0"
    token = portal.token()
    need(portal.ask(path, token)[0] == 200, "a good token is refused")
    stranger = jwk.JWK.generate(kty="EC", crv="P-256")
    now = int(time.time())
    bad = {
        "a second use": token,
        "another key": portal.token(stranger),
        "another portal": portal.token(aud="https://other.example"),
        "another destination": portal.token(iss="zeimu", sub="zeimu"),
        "too late": portal.token(exp=now - 120),
        "too far ahead": portal.token(exp=now + 3600),
        "none": "e30.e30.",
    }
    for why, one in bad.items():
        status, headers, content = portal.ask(path, one)
        need(status == 401, f"{why}: {status}")
        problem(headers, content, 401)
    need(portal.ask("/handover/v1/batches/999999/manifest.jws.json")[0] == 404, "a batch that is not there")


@case
def every_batch_is_verified_and_opened(portal):
    opened = portal.opened()
    entries = [entry for _, _, some in opened for entry in some]
    need(entries, "no entry at all")
    # Each was opened and compared with what its entry says.
    need(any(entry["attachments"] for entry in entries), "no entry of the demo has a paper")
    need(len({(entry["id"], entry["rev"]) for entry in entries}) == len(entries), "an entry is there twice")
    for entry in entries:
        need(entry["my_number"] is None, "a 個人番号 in a demo that does not ask for it")


@case
def a_file_has_a_tag_and_ranges_and_is_carried_byte_for_byte(portal):
    files, manifest, _ = portal.opened()[0]
    path = f"/handover/v1/batches/{manifest['seq']}/manifest.jws.json"
    status, headers, content = portal.ask(path)
    need(headers["etag"] and portal.ask(path, **{"if-none-match": headers["etag"]})[0] == 304, "the tag is not honoured")
    status, _, part = portal.ask(path, range="bytes=10-19")
    need((status, part) == (206, content[10:20]), "the range is not honoured")
    with tempfile.TemporaryDirectory() as folder:
        portal.carry(manifest["seq"], folder)
        (exported,) = pathlib.Path(folder).iterdir()
        carried = {file.name: file.read_bytes() for file in exported.iterdir()}
    need(carried == files, "what is carried is not what is fetched")


@case
def the_import_job_agrees(portal):
    files, _, _ = portal.opened()[0]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        need(" 0 to go back" in portal.import_job("verify", folder), "an entry would go back")


@case
def forged_and_foreign_receipts_are_refused(portal):
    files, manifest, entries = portal.opened()[0]
    manifest["digest"] = digest(files["manifest.jws.json"])
    right = [{"id": entries[0]["id"], "rev": entries[0]["rev"], "result": "rejected", "reason": "duplicate", "at": NOW}]
    stranger = jwk.JWK.generate(kty="EC", crv="P-256")
    bad = {
        "another key under our kid": portal.receipt(manifest, right, stranger),
        "an unknown kid": portal.receipt(manifest, right, stranger, {"kid": "x"}),
        "another typ": portal.receipt(manifest, right, header={"typ": "madoguchi-batch+jws"}),
        "another version": portal.receipt(manifest, right, v=2),
        "another portal": portal.receipt(manifest, right, aud="https://other.example"),
        "another destination": portal.receipt(manifest, right, iss="zeimu"),
        "another manifest": portal.receipt(manifest, right, manifest_sha256=hashlib.sha256(b"").hexdigest()),
        "an entry of no batch": portal.receipt(manifest, [right[0] | {"rev": 77}]),
        "an entry twice": portal.receipt(manifest, right * 2),
        "an unknown result": portal.receipt(manifest, [right[0] | {"result": "lost"}]),
        "no JWS": b"{}",
    }
    unsigned = json.loads(portal.receipt(manifest, right))
    header = b64(json.dumps({"alg": "none", "kid": portal.destination.kid, "typ": RECEIPT_TYPE}).encode())
    bad["alg none"] = json.dumps(unsigned | {"protected": header, "signature": ""}).encode()
    for why, receipt in bad.items():
        status = portal.sends(receipt)
        need(status in (400, 409, 422), f"{why}: {status}")
    need(portal.sends(portal.receipt(manifest, right, seq=999999)) == 404, "a batch that is not there")


@case
def a_batch_and_its_receipt_can_be_carried_instead(portal):
    _, manifest, entries = portal.opened()[0]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        portal.carry(manifest["seq"], folder / "batch.tar")
        portal.import_job("file", folder / "batch.tar")
        portal.import_job("receipts", "--out", folder / "receipts")
        results = portal.carries_back(folder / "receipts")
    count = {result: sum(one["result"] == result for one in results) for result in ("imported", "held", "rejected")}
    need(sum(count.values()) == len(entries) and count["imported"], f"the results are {count}")
    told = "\t".join(f"{number} {result}" for result, number in count.items())
    need(told in portal.status(manifest["seq"]), f"the portal says {portal.status(manifest['seq'])!r}, the receipt {told!r}")


@case
def what_waits_goes_on_when_two_people_say_so(portal):
    listed = [line for line in portal.import_job("review").splitlines() if "resident_several" in line]
    need(listed, "nobody is there twice in the demo")
    number = listed[0].split()[0]
    shown = portal.at_a_terminal("review", "show", number)
    resident = re.search(r"宛名番号 (\d+) may be meant", shown)[1]
    before = portal.status(1)
    for person in ("鈴木 一", "田中 実"):
        portal.import_job("review", "decide", number, "--person", person, "--atena", resident)
    with tempfile.TemporaryDirectory() as folder:
        results = portal.carries_back(pathlib.Path(folder) / "receipts")
    need([(one["id"], one["result"]) for one in results] == [(number, "imported")], f"the receipt says {results}")
    imported = [int(re.search(r"(\d+) imported", line)[1]) for line in (before, portal.status(1))]
    need(imported[1] == imported[0] + 1, f"{before!r}, then {portal.status(1)!r}")


@case
def what_was_handed_over_and_withdrawn_by_two_people_is_recalled_once(portal):
    entry = next(one for one in portal.opened()[0][2] if one["person"]["email"])
    number, address = entry["id"], f"/cases/{entry['id']}"
    parent = people.parent(portal, entry["person"]["email"])
    parent.send(address, f"{address}/ask-to-withdraw")
    for user_id, command in (("clerk1", "propose_withdrawal"), ("clerk2", "confirm_withdrawal")):
        people.staff(portal, user_id).send(f"/staff{address}", f"/staff{address}/{command}")
    recalls = []
    for _ in range(2):
        done = portal.command("handover", "seal")
        need(done.returncode == 0, done.stderr)
        recalls = [manifest for _, manifest, _ in portal.opened() if manifest["withdrawn"]]
        need([one["withdrawn"] for one in recalls] == [[number]], f"the batches recall {recalls}")
    (recall,) = recalls
    need((recall["seq"], recall["entries"]) == (2, []), "it stands in another batch")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        portal.carry(2, folder / "batch.tar")
        need("1 withdrawn" in portal.import_job("file", folder / "batch.tar"), "the import job reads of no withdrawal")
        need(portal.carries_back(folder / "receipts") == [], "the receipt says something of an entry")
    need("\tsettled\t" in portal.status(2), portal.status(2))
    output = pathlib.Path(portal.import_config).parent / "output"
    rows = [line.split(",") for line in (output / "withdrawals-000002.csv").read_text("utf-8-sig").splitlines()]
    need(len(rows) == 2 and rows[1][1] == number and rows[1][0].isdigit(), f"the file says {rows}")


@case
def a_receipt_is_taken_once_and_settles_the_batch(portal):
    files, manifest, entries = portal.opened(1)[0]
    manifest["digest"] = digest(files["manifest.jws.json"])
    results = [{"id": entry["id"], "rev": entry["rev"], "result": "imported", "at": NOW} for entry in entries]
    receipt = portal.receipt(manifest, results)
    for _ in range(2):
        need(portal.sends(receipt) == 200, "the receipt is not taken")
    need(portal.sends(portal.receipt(manifest, results)) == 200, "the same in another receipt is not taken")
    other = [results[0] | {"result": "rejected", "reason": "duplicate"}]
    need(portal.sends(portal.receipt(manifest, other)) == 409, "an entry is settled otherwise afterwards")
    path = f"/handover/v1/batches/{manifest['seq']}/"
    need(portal.ask(path + "entries.ndjson.age")[0] == 410, "the encrypted entries are still there")
    need(portal.get(path + "manifest.jws.json") == files["manifest.jws.json"], "the manifest is gone")


def checks(program, more):
    """Gives (name, function) for each case, `more` before those that settle the batch; all of them share one portal, which the first one starts."""
    shared, started = contextlib.ExitStack(), []

    def start():
        folder = pathlib.Path(shared.enter_context(tempfile.TemporaryDirectory(prefix="madoguchi-portal-")))
        portal = Portal(program, folder)
        shared.callback(portal.stop)
        portal.wait()
        return portal

    def with_the_portal(function):
        def run():
            if not started:
                # One that does not start is not started again for every check.
                started.append(None)
                started[0] = start()
            need(started[0], "the portal did not start")
            function(started[0])

        return run

    return [(function.__name__, with_the_portal(function)) for function in more + CASES], shared
