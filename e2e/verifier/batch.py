"""Reads a batch by the page of the hand-over format alone. Invariant: no line here comes from the portal's or the import
job's code; signatures are jwcrypto's, decryption is pyrage's."""

import base64
import hashlib
import json
import re

import pyrage
from jwcrypto import jwk, jws

BATCH_TYPE, KEYS_TYPE, RECEIPT_TYPE = "madoguchi-batch+jws", "madoguchi-keys+jws", "madoguchi-receipt+jws"
ZEROS = "0" * 64
FILE_NAME = re.compile(r"(manifest\.jws\.json|keys\.jws\.json|entries\.ndjson\.age|attachment-[0-9a-f]{64}\.age|form-[0-9a-f]{64}\.json)")
RECEIPT_NUMBER = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}")
ENTRY_KEYS = {
    "schema", "id", "rev", "kind", "form", "channel", "filed_at", "municipality", "person", "identity", "proxy", "my_number",
    "items", "legal", "derived", "epds", "attachments", "review",
}
PERSON_KEYS = {"name", "name_kana", "birthdate", "sex", "postal_code", "address", "phone", "email"}


class Refused(Exception):
    """Something is not as the page says."""


def need(holds, what):
    if not holds:
        raise Refused(what)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def digest(data):
    return hashlib.sha256(data).hexdigest()


def thumbprint(public):
    """RFC 7638, by hand."""
    members = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}[public["kty"]]
    text = json.dumps({name: public[name] for name in members}, separators=(",", ":"), sort_keys=True)
    return b64(hashlib.sha256(text.encode()).digest())


def verify(document, typ, keys):
    """The payload of a flattened JWS whose key is among `keys` (kid → JWK)."""
    outer = json.loads(document)
    need(set(outer) == {"payload", "protected", "signature"}, "a flattened JWS has three members")
    header = json.loads(unb64(outer["protected"]))
    need(set(header) == {"alg", "kid", "typ"}, "the header has other members")
    need(header["typ"] == typ, "another typ")
    need(header["kid"] in keys, "an unknown kid")
    key = keys[header["kid"]]
    need(thumbprint(key) == header["kid"], "the kid is not the thumbprint")
    algorithm = {"EC": "ES256", "OKP": "Ed25519"}[key["kty"]]
    need(header["alg"] == algorithm, "another algorithm than the key's")
    token = jws.JWS()
    token.allowed_algs = [algorithm]
    token.deserialize(document.decode(), jwk.JWK(**key))
    return json.loads(token.payload)


def open_batch(files, keys, issuer, audience, previous, identity):
    """Checks everything and gives the manifest and the entries. `previous` is (seq, digest) of the batch before."""
    manifest = verify(files["manifest.jws.json"], BATCH_TYPE, keys)
    need(manifest["v"] == 1, "another version")
    need(manifest["iss"] == issuer and manifest["aud"] == audience, "from or for somebody else")
    need((manifest["seq"] - 1, manifest["prev"]) == previous, "it does not follow the one before")
    listed = {file["name"]: file for file in manifest["files"]}
    need(len(listed) == len(manifest["files"]), "a file is listed twice")
    need(set(files) == set(listed) | {"manifest.jws.json"}, "files are missing or too many")
    plain = {}
    for name, file in listed.items():
        need(FILE_NAME.fullmatch(name), "a name that a batch does not have")
        need(len(files[name]) == file["bytes"] and digest(files[name]) == file["sha256"], f"{name} is another")
        if name.endswith(".age"):
            plain[name] = pyrage.decrypt(files[name], [identity])
            need(digest(plain[name]) == file["plain_sha256"], f"{name} holds something else")
        if name.startswith("attachment-"):
            need(name == f"attachment-{digest(plain[name])}.age", "a paper under another name")
        if name.startswith("form-"):
            need(name == f"form-{file['sha256']}.json", "a form under another name")
    announcement = verify(files["keys.jws.json"], KEYS_TYPE, keys)
    need(announcement["v"] == 1 and announcement["iss"] == issuer, "the announcement is another portal's")
    text = plain["entries.ndjson.age"]
    need(text == b"" or text.endswith(b"\n"), "the last line has no end")
    lines = text.split(b"\n")[:-1]
    need(len(lines) == len(manifest["entries"]), "another number of entries")
    entries = []
    for line, named in zip(lines, manifest["entries"]):
        need(digest(line) == named["sha256"], "an entry is another")
        entry = json.loads(line)
        check_entry(entry, named, files)
        check_papers(entry, plain)
        entries.append(entry)
    check_withdrawn(manifest)
    return manifest, entries


def check_withdrawn(manifest):
    withdrawn = manifest["withdrawn"]
    need(all(RECEIPT_NUMBER.fullmatch(number) for number in withdrawn), "something else than a receipt number is recalled")
    need(len(set(withdrawn)) == len(withdrawn), "a filing is recalled twice")
    need(not set(withdrawn) & {entry["id"] for entry in manifest["entries"]}, "a filing is handed over and recalled at once")


def check_entry(entry, named, files):
    need(entry["schema"] == "madoguchi-entry/1", "another schema")
    need(all(entry[key] == named[key] for key in ("id", "rev", "kind")), "it is not the entry that is listed")
    need(ENTRY_KEYS <= set(entry), f"keys are missing: {ENTRY_KEYS - set(entry)}")
    need(PERSON_KEYS <= set(entry["person"]), "keys of the person are missing")
    need(any(name == f"form-{entry['form']['sha256']}.json" for name in files), "its form is not there")
    need(entry["review"]["accepted_by"] != entry["review"]["confirmed_by"], "one person alone decided")
    need(re.fullmatch(r"[0-9]{6}", entry["municipality"]), "no municipality")
    for item in entry["items"]:
        need({"no", "name", "declined"} <= set(item), "keys of an item are missing")
        need(len({"code", "codes", "value"} & set(item)) <= 1, "an item says two things")


BEGINNINGS = {"image/jpeg": b"\xff\xd8\xff", "application/pdf": b"%PDF-"}


def check_papers(entry, plain):
    for paper in entry["attachments"]:
        need(set(paper) == {"sha256", "bytes", "media_type", "label"} and paper["label"], "a paper has other keys")
        content = plain.get(f"attachment-{paper['sha256']}.age")
        need(content is not None, "a paper is not in the batch")
        need(len(content) == paper["bytes"], "a paper has another length")
        need(paper["media_type"] in BEGINNINGS and content.startswith(BEGINNINGS[paper["media_type"]]), "a paper is of another kind")


class Destination:
    """The folder that `madoguchi-import keygen` wrote, read as any tool would."""

    def __init__(self, folder):
        self.public = json.loads((folder / "public.json").read_text())
        self.name = self.public["destination"]
        self.entries = self._age(folder / "entries.agekey")
        self.number = self._age(folder / "number.agekey")
        self.signing = jwk.JWK.from_pem((folder / "signing.pem").read_bytes())
        need(str(self.entries.to_public()) == self.public["entries_recipient"], "the entries key is another")
        need(str(self.number.to_public()) == self.public["number_recipient"], "the number key is another")
        need(self.kid == self.public["jwk"]["kid"] == thumbprint(self.public["jwk"]), "the signing key is another")

    @staticmethod
    def _age(path):
        need(path.stat().st_mode & 0o077 == 0, f"others may read {path.name}")
        lines = path.read_text().splitlines()
        return pyrage.x25519.Identity.from_str(next(line for line in lines if line.startswith("AGE-SECRET-KEY-1")))

    @property
    def kid(self):
        return thumbprint(json.loads(self.signing.export_public()))

    def sign(self, header, payload):
        """A flattened JWS by the destination's key."""
        return sign(self.signing, {"alg": "ES256", "kid": self.kid} | header, payload)


def sign(key, header, payload):
    token = jws.JWS(json.dumps(payload).encode())
    token.add_signature(key, None, json.dumps(header), None)
    return token.serialize().encode()
