"""A back office of the verifier's own, in which the import job works. Invariant: every check has one for itself, and its
portal key is the verifier's."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from batch import Destination, Refused, need
from sealer import ISSUER, Sealer

SAMPLE = pathlib.Path(__file__).parent / "sample"
FORM = (SAMPLE / "form.json").read_bytes()
LINES = (SAMPLE / "entries.ndjson").read_bytes().splitlines()


class Office:
    """A back office in a folder of its own: keys by the program's keygen, and a portal key that is pinned."""

    def __init__(self, program, folder, keys):
        self.program, self.folder = program, folder
        shutil.copytree(keys, folder / "keys")
        shutil.copy(SAMPLE / "residents.csv", folder / "residents.csv")
        self.destination = Destination(folder / "keys")
        self.sealer = Sealer(self.destination.public["entries_recipient"], self.destination.name, FORM, LINES)
        (folder / "portal.jwk.json").write_text(json.dumps(self.sealer.public()))
        self.configure(ISSUER)
        self.count = 0

    def configure(self, handover_url):
        (self.folder / "import.toml").write_text(
            f'portal_url = "{ISSUER}"\nhandover_url = "{handover_url}"\ndestination = "{self.destination.name}"\nkeys_dir = "keys"\n'
            'portal_jwk = "portal.jwk.json"\nstate = "state.db"\nresidents = "residents.csv"\noutput_dir = "out"\n'
            'municipality = "112020"\n'
        )

    def run(self, *words):
        command = [self.program, "--config", str(self.folder / "import.toml"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def write(self, files):
        self.count += 1
        folder = self.folder / f"carried-{self.count}" / "batch-000001"
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return folder

    def takes(self, files):
        """The batch passes `verify` and `file`."""
        path = files if isinstance(files, pathlib.Path) else self.write(files)
        for command in ("verify", "file"):
            done = self.run(command, path)
            need(done.returncode == 0, f"{command} failed: {done.stderr}")
        return done.stdout

    def refuses(self, files, code):
        """`verify` and `file` refuse the batch with this error, and nothing is staged."""
        path = files if isinstance(files, pathlib.Path) else self.write(files)
        before = self.seen()
        for command in ("verify", "file"):
            done = self.run(command, path)
            need(done.returncode == 1, f"{command} ended with {done.returncode}, not refused as {code}: {done.stderr}")
            need(done.stderr.rstrip().endswith(f"({code})"), f"{command} said {done.stderr.rstrip()!r}, not {code}")
            need("花子" not in done.stderr + done.stdout, "a name stands in the error")
        need(self.seen() == before, "something was staged")

    def file_refuses(self, files, code):
        """`file` refuses what only the memory of earlier entries can tell; `verify` looks at the batch alone."""
        path, before = self.write(files), self.seen()
        done = self.run("file", path)
        need(done.returncode == 1 and done.stderr.rstrip().endswith(f"({code})"), f"file said {done.stderr!r}, not {code}")
        need(self.seen() == before, "something was staged")

    def seen(self):
        out = self.folder / "out"
        status = self.run("status").stdout if (self.folder / "state.db").exists() else ""
        counts = status if "last batch" in status and "last batch: 0" not in status else ""
        return sorted(os.listdir(out)) if out.exists() else [], counts


def checks(program, cases):
    """Gives (name, function) for each case, which is handed an office."""
    keys = pathlib.Path(tempfile.mkdtemp(prefix="madoguchi-keys-")) / "keys"
    made = subprocess.run([program, "keygen", "--destination", "kenko", "--out", str(keys)], capture_output=True, text=True)
    if made.returncode != 0:
        raise Refused(f"keygen failed: {made.stderr}")

    def in_an_office(function):
        def run():
            with tempfile.TemporaryDirectory(prefix="madoguchi-office-") as folder:
                function(Office(program, pathlib.Path(folder), keys))

        return run

    return [(function.__name__, in_an_office(function)) for function in cases]
