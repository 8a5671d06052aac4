"""The import job against batches that the verifier seals itself: it takes the right ones and refuses each thing that the
format's page says must be refused, with its own error. Invariant: every case has an office of its own."""

import csv
import hashlib
import hmac
import io
import json
import pathlib
import tarfile

import pyrage
from jwcrypto import jwk

import batch
from batch import RECEIPT_TYPE, digest, need
from office import FORM, LINES
from sealer import ISSUER, TIME, resigned

CASES = []
case = CASES.append
REASONS = pathlib.Path(__file__).parents[2] / "server" / "handover" / "schema" / "reasons.json"


def flipped(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def first(office, **other):
    files = office.sealer.seal(**other)
    return files, digest(files["manifest.jws.json"])


@case
def a_right_batch_is_opened_by_the_verifier_itself(office):
    files, _ = first(office)
    keys = {office.sealer.public()["kid"]: office.sealer.public()}
    manifest, entries = batch.open_batch(
        files, keys, ISSUER, office.destination.name, (0, batch.ZEROS), office.destination.entries
    )
    need(len(entries) == len(LINES) == len(manifest["entries"]), "another number of entries")


@case
def the_verifier_itself_opens_nothing_that_was_altered(office):
    files, _ = first(office)
    keys = {office.sealer.public()["kid"]: office.sealer.public()}

    def opens(some):
        arguments = (keys, ISSUER, office.destination.name, (0, batch.ZEROS), office.destination.entries)
        try:
            batch.open_batch(some, *arguments)
        except Exception:  # how it fails is the libraries' affair
            return False
        return True

    need(opens(files), "the right batch does not open")
    for name, content in files.items():
        for place in range(0, len(content), max(1, len(content) // 8)):
            need(not opens(files | {name: flipped(content, place)}), f"{name}, byte {place}")
        need(not opens({other: content for other, content in files.items() if other != name}), f"without {name}")
    for wrong in ({"aud": "zeimu"}, {"iss": "https://other.example"}, {"v": 2}, {"seq": 2}, {"prev": "1" * 64}):
        need(not opens(first(office, manifest=wrong)[0]), f"{wrong}")


@case
def a_right_batch_is_taken_in_and_its_receipt_is_in_order(office):
    lines = list(LINES)
    entry = json.loads(lines[0])
    sealed = pyrage.encrypt(b"123456789018", [pyrage.x25519.Recipient.from_str(office.destination.public["number_recipient"])], armored=True)
    entry["my_number"] = sealed.decode()
    lines[0] = json.dumps(entry, ensure_ascii=False).encode()
    files, manifest = first(office, lines=lines)
    office.takes(files)
    with open(office.folder / "out" / "pregnancy_notification-000001.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    need([row["宛名番号"] for row in rows] == ["000000000000001", "000000000000002"], "the residents are others")
    for row, line in zip(rows, lines):
        need(row["氏名"] == json.loads(line)["person"]["name"], "the name is not byte for byte")
        need((row["出産予定日"], row["届出時妊娠月数"]) == ("2027-06-30", "3"), "an item is another")
    need(office.run("receipts", "--out", office.folder / "receipts").returncode == 0, "no receipt was written")
    (path,) = (office.folder / "receipts").iterdir()
    public = office.destination.public["jwk"]
    receipt = batch.verify(path.read_bytes(), RECEIPT_TYPE, {public["kid"]: public})
    need(receipt["v"] == 1 and receipt["iss"] == office.destination.name and receipt["aud"] == ISSUER, "the frame")
    need((receipt["seq"], receipt["manifest_sha256"]) == (1, manifest), "it is about another batch")
    results = [(one["id"], one["rev"], one["result"]) for one in receipt["results"]]
    expected = [(json.loads(line)["id"], 1, result) for line, result in zip(lines, ["imported", "imported", "held"])]
    need(results == expected, f"the results are {results}")
    reasons = {one["code"]: one["results"] for one in json.loads(REASONS.read_text())["reasons"]}
    for one in receipt["results"]:
        need(one["result"] == "imported" or one["result"] in reasons[one["reason"]], f"{one} is not in the vocabulary")
    for secret in ("123456789018", "000000000000001", "花子"):
        need(secret not in json.dumps(receipt, ensure_ascii=False), "the receipt says too much")


@case
def a_recall_is_opened_by_the_verifier_and_told_in_a_file_of_its_own(office):
    files, prev = first(office)
    office.takes(files)
    numbers = [json.loads(line)["id"] for line in (LINES[0], LINES[2])]
    recall = office.sealer.seal(seq=2, prev=prev, lines=[], manifest={"withdrawn": numbers})
    keys = {office.sealer.public()["kid"]: office.sealer.public()}
    manifest, entries = batch.open_batch(recall, keys, ISSUER, office.destination.name, (1, prev), office.destination.entries)
    need((manifest["withdrawn"], entries) == (numbers, []), "the recall is another")
    told = office.takes(recall)
    need("0 entries, 0 to be taken in, 0 to wait, 0 to go back, 2 withdrawn" in told, told)
    path = office.folder / "out" / "withdrawals-000002.csv"
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = [(row["宛名番号"], row["受付番号"]) for row in csv.DictReader(file)]
    need(rows == [("000000000000001", numbers[0]), ("", numbers[1])], f"the file says {rows}")
    office.refuses(recall, "replay")
    status = office.run("status").stdout
    need("filings withdrawn: 2" in status and "entries that wait: 0" in status, status)
    need(office.run("receipts", "--out", office.folder / "receipts").returncode == 0, "no receipt was written")
    public = office.destination.public["jwk"]
    receipts = [batch.verify(one.read_bytes(), RECEIPT_TYPE, {public["kid"]: public}) for one in (office.folder / "receipts").iterdir()]
    settled = [one for receipt in receipts for one in receipt["results"] if one["id"] == numbers[1]]
    need(sorted(one["result"] for one in settled) == ["held", "rejected"], f"what waited is settled as {settled}")
    need([one["results"] for one in receipts if one["seq"] == 2] == [[]], "the recall is not acknowledged")
    twice = office.sealer.seal(seq=2, prev=prev, lines=[], manifest={"withdrawn": numbers * 2})
    try:
        batch.open_batch(twice, keys, ISSUER, office.destination.name, (1, prev), office.destination.entries)
    except batch.Refused:
        return
    need(False, "the verifier itself opens a recall that names a filing twice")


@case
def a_right_batch_is_taken_as_a_tar(office):
    files, _ = first(office)
    folder = office.write(files)
    path = office.folder / "batch.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(folder, "batch-000001")
    office.takes(path)


@case
def a_flipped_byte_in_any_part_is_refused(office):
    files, _ = first(office)
    for name, content in files.items():
        for place in range(0, len(content), max(1, len(content) // 8)):
            path = office.write(files | {name: flipped(content, place)})
            done = office.run("verify", path)
            need(done.returncode == 1, f"{name}, byte {place}: {done.stdout}")
    office.refuses(files | {"entries.ndjson.age": flipped(files["entries.ndjson.age"], 200)}, "file_digest")
    outer = json.loads(files["manifest.jws.json"])
    signature = batch.unb64(outer["signature"])
    outer["signature"] = batch.b64(flipped(signature, 5))
    office.refuses(files | {"manifest.jws.json": json.dumps(outer).encode()}, "bad_signature")
    office.takes(files)


@case
def algorithms_that_the_key_is_not_for_are_refused(office):
    files, _ = first(office)
    document, header = files["manifest.jws.json"], office.sealer.header(batch.BATCH_TYPE)
    none = resigned(document, header | {"alg": "none"}, lambda _: b"")
    office.refuses(files | {"manifest.jws.json": none}, "algorithm_refused")
    public = json.dumps(office.sealer.public()).encode()
    confused = resigned(document, header | {"alg": "HS256"}, lambda text: hmac.digest(public, text, hashlib.sha256))
    office.refuses(files | {"manifest.jws.json": confused}, "algorithm_refused")
    other = resigned(document, header | {"alg": "Ed25519"}, lambda _: bytes(64))
    office.refuses(files | {"manifest.jws.json": other}, "algorithm_refused")


@case
def header_members_that_the_format_does_not_have_are_refused(office):
    for member in ({"jwk": office.sealer.public()}, {"jku": ISSUER}, {"x5u": ISSUER}, {"cty": "json"}):
        office.refuses(first(office, header=member)[0], "header_refused")
    # jwcrypto itself does not make these.
    files, _ = first(office)
    for member in ({"b64": True}, {"crit": ["exp"], "exp": 1}, {"b64": False, "crit": ["b64"]}):
        header = office.sealer.header(batch.BATCH_TYPE) | member
        odd = resigned(files["manifest.jws.json"], header, lambda _: bytes(64))
        office.refuses(files | {"manifest.jws.json": odd}, "header_refused")


@case
def batches_for_others_and_of_other_kinds_are_refused(office):
    office.refuses(first(office, manifest={"aud": "zeimu"})[0], "wrong_audience")
    office.refuses(first(office, manifest={"iss": "https://other.example"})[0], "wrong_issuer")
    office.refuses(first(office, manifest={"v": 2})[0], "wrong_version")
    office.refuses(first(office, header={"typ": batch.RECEIPT_TYPE})[0], "wrong_type")


@case
def keys_that_are_unknown_retired_or_not_yet_active_are_refused(office):
    other = jwk.JWK.generate(kty="EC", crv="P-256")
    office.refuses(first(office, key=other)[0], "unknown_key")
    sealer = office.sealer
    retired = sealer.announcement([sealer.announced(), sealer.announced(other, retired="2026-11-23T09:00:00+09:00")])
    office.refuses(first(office, key=other, keys=retired)[0], "retired_key")
    waiting = sealer.announcement([sealer.announced(), sealer.announced(other, active=None)])
    office.refuses(first(office, key=other, keys=waiting)[0], "not_yet_active")
    forged = batch.sign(other, sealer.header(batch.KEYS_TYPE, other), {"v": 1, "iss": ISSUER, "at": TIME, "keys": [sealer.announced(other)]})
    office.refuses(first(office, key=other, keys=forged)[0], "unknown_key")


@case
def a_new_key_that_a_pinned_one_announced_is_taken(office):
    other, sealer = jwk.JWK.generate(kty="OKP", crv="Ed25519"), office.sealer
    announced = sealer.announcement([sealer.announced(), sealer.announced(other)])
    files = sealer.seal(key=other, keys=announced)
    office.takes(files)


@case
def gaps_replays_and_reordered_batches_are_refused(office):
    one, prev = first(office, lines=LINES[:1])
    two = office.sealer.seal(seq=2, prev=prev, lines=LINES[1:])
    office.refuses(two, "gap")
    office.refuses(first(office, seq=0)[0], "bad_payload")
    office.takes(one)
    office.refuses(one, "replay")
    office.refuses(first(office, lines=LINES[2:])[0], "went_back")
    office.refuses(first(office, seq=2, lines=LINES[1:])[0], "wrong_previous")
    early = {"created_at": "2026-11-24T08:59:59+09:00"}
    early_keys = office.sealer.announcement([office.sealer.announced(active="2026-11-01T00:00:00+09:00")])
    office.refuses(
        office.sealer.seal(seq=2, prev=prev, lines=LINES[1:], manifest=early, keys=early_keys), "time_went_back"
    )
    office.takes(two)


@case
def files_that_are_missing_extra_truncated_or_swapped_are_refused(office):
    files, _ = first(office)
    form = next(name for name in files if name.startswith("form-"))
    for name in ("manifest.jws.json", "entries.ndjson.age", form):
        office.refuses({other: content for other, content in files.items() if other != name}, "missing_file")
    office.refuses(files | {f"form-{'0' * 64}.json": b"{}"}, "extra_file")
    office.refuses(files | {"entries.ndjson.age": files["entries.ndjson.age"][:-1]}, "file_size")
    office.refuses(files | {"entries.ndjson.age": files[form], form: files["entries.ndjson.age"]}, "file_size")
    # age adds a stanza of random length: of many encryptions two have the same one.
    sealed = {}
    for _ in range(2000):
        one = office.sealer.seal()
        other = sealed.setdefault(len(one["entries.ndjson.age"]), one)
        if other is not one:
            break
    office.refuses(one | {"entries.ndjson.age": other["entries.ndjson.age"]}, "file_digest")
    office.refuses(first(office, manifest=lambda it: it | {"files": it["files"] + it["files"][:1]})[0], "duplicate_file")


@case
def names_and_archives_that_lead_astray_are_refused(office):
    def renamed(payload):
        payload["files"][0]["name"] = "../entries.ndjson.age"
        return payload

    office.refuses(first(office, manifest=renamed)[0], "bad_name")
    files, _ = first(office)
    office.refuses(files | {"passwd": b"x"}, "bad_name")

    def archive(name, *members):
        path = office.folder / name
        with tarfile.open(path, "w") as tar:
            for info, content in members:
                tar.addfile(info, io.BytesIO(content) if content is not None else None)
        return path

    def member(name, content=b"", kind=tarfile.REGTYPE, link=""):
        info = tarfile.TarInfo(name)
        info.size, info.type, info.linkname = len(content), kind, link
        return info, content if kind == tarfile.REGTYPE else None

    for name in ("../entries.ndjson.age", "/batch-000001/entries.ndjson.age", "batch-000001/../../x", "etc/entries.ndjson.age"):
        office.refuses(archive("astray.tar", member(name, b"x")), "bad_name")
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
        office.refuses(archive("link.tar", member("batch-000001/entries.ndjson.age", b"", kind, "/etc/passwd")), "not_a_file")
    twice = member("batch-000001/keys.jws.json", b"{}")
    office.refuses(archive("twice.tar", twice, twice), "duplicate_file")
    huge = member("batch-000001/entries.ndjson.age", bytes(64 * 1024 * 1024 + 1))
    office.refuses(archive("huge.tar", huge), "too_large")
    cut = archive("cut.tar", member("batch-000001/keys.jws.json", bytes(5000)))
    cut.write_bytes(cut.read_bytes()[:2000])
    office.refuses(cut, "bad_archive")
    need(not (office.folder.parent / "x").exists(), "something was unpacked outside")


JPEG, PDF = b"\xff\xd8\xff\xe0 a picture", b"%PDF-1.7 a document"


def with_papers(line, *papers, **other):
    """The entry with these papers named, each (media type, content)."""
    entry = json.loads(line)
    entry["attachments"] = [
        {"sha256": digest(content), "bytes": len(content), "media_type": kind, "label": "母子健康手帳"} | other for kind, content in papers
    ]
    return json.dumps(entry, ensure_ascii=False).encode()


def opens(office, files):
    """Whether the verifier itself opens it."""
    keys = {office.sealer.public()["kid"]: office.sealer.public()}
    try:
        batch.open_batch(files, keys, ISSUER, office.destination.name, (0, batch.ZEROS), office.destination.entries)
    except batch.Refused:
        return False
    return True


@case
def papers_are_checked_and_written_beside_the_csv_under_names_of_their_content(office):
    lines = [with_papers(LINES[0], ("image/jpeg", JPEG), ("application/pdf", PDF)), with_papers(LINES[1], ("image/jpeg", JPEG))]
    files, _ = first(office, lines=lines, papers=[JPEG, PDF])
    need(opens(office, files), "the verifier itself does not open it")
    office.takes(files)
    out = office.folder / "out"
    written = {path.name: path.read_bytes() for path in out.iterdir() if path.name.startswith("paper-")}
    need(written == {f"paper-{digest(JPEG)}.jpg": JPEG, f"paper-{digest(PDF)}.pdf": PDF}, f"{sorted(written)}")
    with open(out / "papers-pregnancy_notification-000001.csv", encoding="utf-8-sig", newline="") as file:
        rows = [(row["宛名番号"][-1], row["ファイル"], row["書類"]) for row in csv.DictReader(file)]
    named = [("1", f"paper-{digest(JPEG)}.jpg"), ("1", f"paper-{digest(PDF)}.pdf"), ("2", f"paper-{digest(JPEG)}.jpg")]
    need(rows == [row + ("母子健康手帳",) for row in named], f"{rows}")


@case
def papers_that_are_missing_swapped_or_not_as_they_are_named_are_refused_by_both_readers(office):
    line = with_papers(LINES[0], ("image/jpeg", JPEG), ("application/pdf", PDF))

    def refused(files, code):
        need(not opens(office, files), f"the verifier itself opens what is refused as {code}")
        office.refuses(files, code)

    files, _ = first(office, lines=[line], papers=[JPEG, PDF])
    jpeg, pdf = (f"attachment-{digest(content)}.age" for content in (JPEG, PDF))
    refused({name: content for name, content in files.items() if name != pdf}, "missing_file")
    refused(files | {jpeg: files[pdf], pdf: files[jpeg]}, "file_size" if len(files[jpeg]) != len(files[pdf]) else "file_digest")
    refused(first(office, lines=[line], papers=[JPEG])[0], "missing_attachment")
    refused(first(office, lines=[with_papers(LINES[0], ("image/jpeg", JPEG), bytes=1)], papers=[JPEG])[0], "missing_attachment")

    def renamed(payload):
        for file in payload["files"]:
            if file["name"] == jpeg:
                file["name"] = f"attachment-{batch.ZEROS}.age"
        return payload

    odd, _ = first(office, lines=[LINES[0]], papers=[JPEG], manifest=renamed)
    odd[f"attachment-{batch.ZEROS}.age"] = odd.pop(jpeg)
    refused(odd, "plain_digest")
    office.refuses(files | {jpeg: flipped(files[jpeg], len(files[jpeg]) - 5)}, "file_digest")
    odd, _ = first(office, lines=[with_papers(LINES[0], ("image/jpeg", PDF))], papers=[PDF])
    need(not opens(office, odd), "the verifier itself takes a document for a picture")
    told = office.takes(odd)
    need("1 to go back" in told, told)


@case
def entries_that_are_not_those_of_the_manifest_are_refused(office):
    def dropped(payload):
        payload["entries"].pop()
        return payload

    def exchanged(payload):
        payload["entries"][0], payload["entries"][1] = payload["entries"][1], payload["entries"][0]
        return payload

    office.refuses(first(office, manifest=dropped)[0], "entry_count")
    office.refuses(first(office, manifest=exchanged)[0], "entry_digest")
    office.refuses(first(office, lines=[LINES[0], LINES[0]])[0], "duplicate_entry")
    office.refuses(first(office, lines=LINES[:1] * 1001)[0], "too_many_entries")
    unknown = LINES[0][:-1] + b',"more":1}'
    office.refuses(first(office, lines=[unknown])[0], "not_an_entry")
    one, prev = first(office, lines=LINES[:2])
    office.takes(one)
    office.file_refuses(office.sealer.seal(seq=2, prev=prev, lines=LINES[1:]), "duplicate_entry")


@case
def what_does_not_open_or_is_not_what_was_promised_is_refused(office):
    stranger = pyrage.x25519.Identity.generate().to_public()
    office.refuses(first(office, recipient=stranger)[0], "cannot_decrypt")

    def other_plain(payload):
        payload["files"][0]["plain_sha256"] = batch.ZEROS
        return payload

    office.refuses(first(office, manifest=other_plain)[0], "plain_digest")
    office.sealer.form = FORM.replace(b'"minutes":10', b'"minutes":11', 1)
    office.refuses(first(office)[0], "missing_form")
    office.sealer.form = FORM[:-1]
    office.refuses(first(office)[0], "bad_form")


@case
def entries_that_break_the_rules_go_back_and_say_nothing_of_anybody(office):
    def altered(line, change):
        entry = json.loads(line)
        change(entry)
        return json.dumps(entry, ensure_ascii=False).encode()

    lines = [
        altered(LINES[0], lambda entry: entry["derived"].update(months=9)),
        altered(LINES[1], lambda entry: entry["review"].update(confirmed_by=entry["review"]["accepted_by"])),
        altered(LINES[2], lambda entry: entry.update(municipality="112011")),
    ]
    told = office.takes(first(office, lines=lines)[0])
    need("3 entries, 0 to be taken in, 0 to wait, 3 to go back" in told, told)
    office.run("receipts", "--out", office.folder / "receipts")
    (path,) = (office.folder / "receipts").iterdir()
    public = office.destination.public["jwk"]
    receipt = batch.verify(path.read_bytes(), RECEIPT_TYPE, {public["kid"]: public})
    reasons = [one["reason"] for one in receipt["results"]]
    need(reasons == ["derived_differs", "review_incomplete", "other_municipality"], f"the reasons are {reasons}")
