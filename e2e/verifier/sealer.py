"""A portal of the verifier's own: seals batches with its own key, right or wrong as asked. Invariant: the import job pins
this key, so whatever it refuses it refuses for the one thing that is wrong."""

import json

import pyrage
from jwcrypto import jwk

from batch import BATCH_TYPE, KEYS_TYPE, ZEROS, b64, digest, sign, thumbprint

ISSUER = "https://portal.example"
TIME = "2026-11-24T09:00:00+09:00"


class Sealer:
    def __init__(self, recipient, audience, form, lines):
        self.key = jwk.JWK.generate(kty="EC", crv="P-256")
        self.recipient = pyrage.x25519.Recipient.from_str(recipient)
        self.audience, self.form, self.lines = audience, form, lines

    def public(self, key=None):
        bare = json.loads((key or self.key).export_public())
        algorithm = {"EC": "ES256", "OKP": "Ed25519"}[bare["kty"]]
        return bare | {"kid": thumbprint(bare), "alg": algorithm, "use": "sig"}

    def header(self, typ, key=None):
        public = self.public(key)
        return {"alg": public["alg"], "kid": public["kid"], "typ": typ}

    def announced(self, key=None, active=TIME, retired=None):
        return {"jwk": self.public(key), "announced_at": TIME, "active_at": active, "retired_at": retired}

    def announcement(self, keys=None, **other):
        payload = {"v": 1, "iss": ISSUER, "at": TIME, "keys": keys or [self.announced()]} | other
        return sign(self.key, self.header(KEYS_TYPE), payload)

    def seal(self, seq=1, prev=ZEROS, lines=None, manifest=None, header=None, key=None, keys=None, recipient=None, extra=None, papers=()):
        """A batch as a dictionary of its files. `manifest` and `header` are put over what would stand there; a function
        as `manifest` is given what would stand there. `papers` are the plain contents of its attachments."""
        lines = self.lines if lines is None else lines
        plain = b"".join(line + b"\n" for line in lines)
        files = {
            "entries.ndjson.age": pyrage.encrypt(plain, [recipient or self.recipient]),
            f"form-{digest(self.form)}.json": self.form,
            "keys.jws.json": keys or self.announcement(),
        } | (extra or {})
        plains = {f"attachment-{digest(paper)}.age": paper for paper in papers}
        files |= {name: pyrage.encrypt(paper, [recipient or self.recipient]) for name, paper in plains.items()}
        listed = []
        for name, content in files.items():
            file = {"name": name, "sha256": digest(content), "bytes": len(content)}
            if name.endswith(".age"):
                file["plain_sha256"] = digest(plains.get(name, plain))
            listed.append(file)
        payload = {
            "v": 1, "iss": ISSUER, "aud": self.audience, "seq": seq, "prev": prev, "created_at": TIME, "files": listed,
            "entries": [self.named(line) for line in lines], "withdrawn": [], "audit": {"size": 1, "root": ZEROS},
        }
        payload = manifest(payload) if callable(manifest) else payload | (manifest or {})
        files["manifest.jws.json"] = sign(key or self.key, self.header(BATCH_TYPE, key) | (header or {}), payload)
        return files

    @staticmethod
    def named(line):
        entry = json.loads(line)
        return {"id": entry["id"], "rev": entry["rev"], "kind": entry["kind"], "sha256": digest(line)}


def resigned(document, header, signature):
    """The document with another header and whatever `signature` makes of the signing input."""
    outer = json.loads(document)
    protected = b64(json.dumps(header).encode())
    made = signature(f"{protected}.{outer['payload']}".encode())
    return json.dumps({"payload": outer["payload"], "protected": protected, "signature": b64(made)}).encode()
