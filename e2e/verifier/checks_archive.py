"""The archive of manifests and receipts, verified by a program of its own with public keys alone, and the same archive after
each kind of tampering. Invariant: no line here comes from the import job's code, and no private key is there while it is read."""

import json
import shutil

import batch
from batch import BATCH_TYPE, KEYS_TYPE, RECEIPT_TYPE, ZEROS, digest, need, thumbprint, unb64
from office import LINES
from sealer import ISSUER

CASES = []
case = CASES.append


def fingerprint(public):
    digits = unb64(thumbprint(public)).hex().upper()
    return " ".join(digits[place : place + 4] for place in range(0, 64, 4))


def verify_archive(folder, pin, destination_pin):
    """Checks everything by the page of the format, and gives the last word on each entry."""
    publics = [json.loads(path.read_text())["jwk"] for path in folder.glob("destination-*.json")]
    need(publics and all(fingerprint(public) == destination_pin for public in publics), "the office's key is another")
    receivers = {thumbprint(public): public for public in publics}
    trusted, previous, created, said, names = {}, ZEROS, "", {}, set()
    folders = sorted(path for path in folder.iterdir() if path.name.startswith("batch-"))
    for seq, there in enumerate(folders, 1):
        need(there.name == f"batch-{seq:06}", "a batch is missing in between")
        document, keys = (there / "manifest.jws.json").read_bytes(), (there / "keys.jws.json").read_bytes()
        announced = json.loads(unb64(json.loads(keys)["payload"]))["keys"]
        if not trusted:
            trusted = {thumbprint(one["jwk"]): one["jwk"] for one in announced if fingerprint(one["jwk"]) == pin}
            need(trusted, "the pinned key is not announced")
        batch.verify(keys, KEYS_TYPE, trusted)
        trusted |= {thumbprint(one["jwk"]): one["jwk"] for one in announced}
        manifest = batch.verify(document, BATCH_TYPE, trusted)
        need((manifest["v"], manifest["iss"], manifest["seq"], manifest["prev"]) == (1, ISSUER, seq, previous), "the chain is broken")
        need(manifest["created_at"] >= created, "its time went back")
        listed = {file["name"]: file["sha256"] for file in manifest["files"]}
        need(listed["keys.jws.json"] == digest(keys), "the announcement is another than the one that came")
        previous, created = digest(document), manifest["created_at"]
        for entry in manifest["entries"]:
            key = (entry["id"], entry["rev"])
            need(key not in said, "an entry came twice")
            said[key] = None
        receipts = sorted(there.glob("receipt-*.jws.json"))
        need([path.name for path in receipts] == [f"receipt-{place:03}.jws.json" for place in range(1, len(receipts) + 1)], "a receipt is gone")
        for path in receipts:
            read_receipt(batch.verify(path.read_bytes(), RECEIPT_TYPE, receivers), manifest, previous, said, names)
    return said


def read_receipt(receipt, manifest, manifest_sha256, said, names):
    need((receipt["v"], receipt["iss"], receipt["aud"]) == (1, manifest["aud"], manifest["iss"]), "the receipt is somebody else's")
    need((receipt["seq"], receipt["manifest_sha256"]) == (manifest["seq"], manifest_sha256), "the receipt is about another batch")
    need(receipt["jti"] not in names, "a receipt stands twice")
    names.add(receipt["jti"])
    of_batch = {(entry["id"], entry["rev"]) for entry in manifest["entries"]}
    for result in receipt["results"]:
        key = (result["id"], result["rev"])
        need(key in of_batch, "the receipt tells of an entry that was not in its batch")
        need(said[key] in (None, "held", result["result"]), "a receipt says another thing of what was settled")
        said[key] = result["result"]


@case
def an_archive_is_verified_by_public_keys_alone_and_whatever_was_altered_is_found_by_both(office):
    numbers = [json.loads(line)["id"] for line in LINES]
    files = office.sealer.seal()
    office.takes(files)
    office.takes(office.sealer.seal(seq=2, prev=digest(files["manifest.jws.json"]), lines=[], manifest={"withdrawn": [numbers[2]]}))
    folder = office.folder / "archive"
    done = office.run("archive", "write", folder)
    need(done.returncode == 0, done.stderr)
    shutil.rmtree(office.folder / "keys")
    pin, destination_pin = fingerprint(office.sealer.public()), fingerprint(office.destination.public["jwk"])
    command = ("archive", "verify", folder, "--pin", pin, "--destination-pin", destination_pin)
    done = office.run(*command)
    need(done.returncode == 0 and "2 batches follow one another" in done.stdout and "NOT PINNED" not in done.stdout, done.stdout + done.stderr)
    said = verify_archive(folder, pin, destination_pin)
    need([said[(number, 1)] for number in numbers] == ["imported", "imported", "rejected"], f"the last words are {said}")

    def both_refuse(what):
        done = office.run(*command)
        need(done.returncode == 1, f"{what}: archive verify said {done.stdout!r}")
        need("花子" not in done.stderr, "a name stands in the error")
        try:
            verify_archive(folder, pin, destination_pin)
        except Exception:  # how it fails is the libraries' affair
            return
        need(False, f"{what}: the verifier found nothing")

    for path in sorted(folder.rglob("*.jws.json")):
        content = path.read_bytes()
        for place in (len(content) // 5, len(content) // 2, len(content) * 4 // 5):
            path.write_bytes(content[:place] + (b"A" if content[place : place + 1] != b"A" else b"B") + content[place + 1 :])
            both_refuse(f"{path.name}, byte {place}")
        path.write_bytes(content)
    for name in ("batch-000001", "batch-000001/receipt-001.jws.json", "batch-000002/manifest.jws.json"):
        path, aside = folder / name, office.folder / "aside"
        path.rename(aside)
        both_refuse(f"without {name}")
        aside.rename(path)
    verify_archive(folder, pin, destination_pin)


# Where the codec of Python and the table of the encoding differ: characters for private use, which are 外字 of each office, and the
# no-break space.
DIFFERENT = {chr(code) for code in range(0xE000, 0xF900)} | {"\xa0"}
RANGES = [(0xA1, 0x250, 3), (0x391, 0x460, 2), (0x2010, 0x2040, 1), (0x2150, 0x2190, 2), (0x2460, 0x2480, 3), (0x3041, 0x3100, 7), (0x3220, 0x3400, 9), (0x4E00, 0xA000, 61), (0xF900, 0xFA6E, 2), (0xFF01, 0xFFE7, 2), (0x20000, 0x2A6DF, 1999)]


def comes_back(character):
    try:
        return character.encode("cp932").decode("cp932") == character
    except UnicodeError:
        return False


@case
def what_windows_31j_lacks_is_told_by_code_point_as_another_codec_finds_it(office):
    letters = [chr(code) for begin, end, step in RANGES for code in range(begin, end, step)]
    letters = [one for one in letters if one.isalpha() and one not in DIFFERENT and not one.isspace()]
    (office.folder / "mapping.toml").write_text('encoding = "windows-31j"\n')
    config = office.folder / "import.toml"
    config.write_text(config.read_text() + 'mappings = { pregnancy_notification = "mapping.toml" }\n')
    residents, lines = [(office.folder / "residents.csv").read_text().splitlines()[0]], []
    for rev, letter in enumerate(letters[:900], 1):
        entry = json.loads(LINES[0])
        entry["rev"] = rev
        entry["person"] |= {"name": f"窓{letter} 花子", "address": f"熊谷市{rev}番地"}
        lines.append(json.dumps(entry, ensure_ascii=False).encode())
        residents.append(f"{rev},窓{letter} 花子,ハナコ,{entry['person']['birthdate']},女,360-8601,熊谷市{rev}番地,")
    (office.folder / "residents.csv").write_text("\n".join(residents) + "\n")
    told = office.takes(office.sealer.seal(lines=lines))
    expected = [
        f"batch 1, entry {place}: column 氏名: U+{ord(letter):04X} cannot be written"
        for place, letter in enumerate(letters[:900], 1)
        if not comes_back(letter)
    ]
    found = [line for line in told.splitlines() if "cannot be written" in line]
    need(found == expected, f"{len(found)} and {len(expected)}: {sorted(set(found) ^ set(expected))[:5]}")
    written = (office.folder / "out" / "pregnancy_notification-000001.csv").read_bytes().decode("cp932").splitlines()[1:]
    need(len(written) == len(lines) - len(expected) > 100, f"{len(written)} lines are written")
    names = [line.split(",")[4] for line in written]
    need(names == [f"窓{letter} 花子" for letter in letters[:900] if comes_back(letter)], "a name is another")
