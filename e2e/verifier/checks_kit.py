"""The vendors' kit, worked through as its README says: written by the portal's program, opened by the verifier itself, taken in by
the import job. Invariant: what is expected is what the kit ships, byte for byte."""

import csv
import json
import pathlib
import subprocess
import tempfile

import jsonschema_rs
import pyrage

import batch
from batch import KEYS_TYPE, Destination, digest, need

ISSUER = "https://portal.example"
ENCODINGS = {"utf-8-bom": "utf-8-sig", "windows-31j": "cp932"}


def checks(program, import_program):
    """Gives (name, function) for each check, which is handed a kit of its own."""

    def with_a_kit(function):
        def run():
            with tempfile.TemporaryDirectory(prefix="madoguchi-kit-") as folder:
                kit = pathlib.Path(folder) / "kit"
                done = subprocess.run([program, "handover", "kit", "--out", str(kit)], capture_output=True, text=True)
                need(done.returncode == 0, f"no kit was written: {done.stderr}")
                function(kit, import_program)

        return run

    return [(function.__name__, with_a_kit(function)) for function in CASES]


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def opened(kit):
    """Both batches of the sample, by the page of the format alone."""
    sample = kit / "sample"
    destination = Destination(sample / "keys")
    portal = json.loads((sample / "keys" / "portal.jwk.json").read_text())
    previous = (0, batch.ZEROS)
    for seq in (1, 2):
        files = files_of(sample / f"batch-{seq:06}")
        manifest, entries = batch.open_batch(files, {portal["kid"]: portal}, ISSUER, destination.name, previous, destination.entries)
        previous = (seq, digest(files["manifest.jws.json"]))
        yield files, manifest, entries, batch.verify(files["keys.jws.json"], KEYS_TYPE, {portal["kid"]: portal})


def the_sample_of_the_kit_opens_with_its_keys(kit, _):
    (_, _, first, _), (_, second, corrected, _) = opened(kit)
    number = Destination(kit / "sample" / "keys").number
    need(pyrage.decrypt(first[0]["my_number"].encode(), [number]) == b"123456789018", "the number is another")
    need(len({entry["kind"] for entry in first}) == 3 and first[0]["attachments"], "forms or the paper are missing")
    names = "".join(entry["person"]["name"] for entry in first)
    need("\U000e0100" in names and any(ord(one) > 0xFFFF for one in names.replace("\U000e0100", "")), "no name is difficult")
    need([(entry["id"], entry["rev"]) for entry in corrected] == [(first[0]["id"], 2)], "the correction is another")
    need(second["withdrawn"] == [first[2]["id"], first[3]["id"]], "others are withdrawn")


def what_the_sample_of_the_kit_holds_fits_its_schemas(kit, _):
    validators = {}
    for path in (kit / "schema").glob("*.schema.json"):
        validators[path.name.removesuffix(".schema.json")] = jsonschema_rs.Draft202012Validator(json.loads(path.read_text()))
    for _, manifest, entries, announcement in opened(kit):
        validators["manifest"].validate(manifest)
        validators["keys"].validate(announcement)
        for entry in entries:
            validators["entry"].validate(entry)
    receipts = list((kit / "sample" / "expected").glob("*/receipt-*.json"))
    need(len(receipts) == 6, "receipts are missing")
    for path in receipts:
        validators["receipt"].validate(json.loads(path.read_text()))
    for entry in entries:
        need(not validators["entry"].is_valid(entry | {"rev": 0}), "the schema takes anything")


def the_import_job_makes_of_the_sample_what_the_kit_expects(kit, program):
    sample = kit / "sample"
    for name, encoding in ENCODINGS.items():

        def run(*words):
            command = [program, "--config", f"import-{name}.toml", *words]
            done = subprocess.run(command, cwd=sample, capture_output=True, text=True, timeout=60)
            need(done.returncode == 0, f"{words} failed: {done.stderr}")

        for seq in (1, 2):
            run("verify", f"batch-{seq:06}")
            run("file", f"batch-{seq:06}")
        run("receipts", "--out", f"receipts-{name}")
        expected = files_of(sample / "expected" / name)
        receipts = [json.loads(expected.pop(one)) for one in sorted(expected) if one.startswith("receipt-")]
        need(files_of(sample / f"out-{name}") == expected, f"other files were put out in {name}")
        public = json.loads((sample / "keys" / "public.json").read_text())["jwk"]
        made = [batch.verify(one, batch.RECEIPT_TYPE, {public["kid"]: public}) for one in files_of(sample / f"receipts-{name}").values()]
        need(sorted(map(told, made)) == sorted(map(told, receipts)), f"the receipts in {name} are others")
        with open(sample / "expected" / name / "pregnancy_notification-000001.csv", encoding=encoding, newline="") as file:
            rows = [row["氏名"] for row in csv.DictReader(file)]
        typed = [entry["person"]["name"] for entry in next(opened(kit))[2][:3]]
        written = typed if name == "utf-8-bom" else [typed[0], typed[2].replace("𠮷", "吉")]
        need(rows == written, f"the names in {name} are others")


def told(receipt):
    """What a receipt says, but for its own name and its times."""
    results = [{key: value for key, value in one.items() if key != "at"} for one in receipt["results"]]
    return json.dumps(receipt | {"jti": "", "results": results}, sort_keys=True)


CASES = [
    the_sample_of_the_kit_opens_with_its_keys,
    what_the_sample_of_the_kit_holds_fits_its_schemas,
    the_import_job_makes_of_the_sample_what_the_kit_expects,
]
