"""個人番号: what the browser's module takes and seals, against a check digit reckoned here and age as pyrage has it. Invariant: the
module is the one that is served; where none could be built there is nothing to check."""

import json
import os
import pathlib
import subprocess

import numpy
import pyrage

from batch import need

HERE = pathlib.Path(__file__).parent
MODULE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "site/pkg/seal-number"
ALL = 10_000_000


def module(*words, given=""):
    done = subprocess.run(["node", HERE / "seal.mjs", MODULE, *map(str, words)], input=given.encode(), capture_output=True, timeout=600)
    need(done.returncode == 0, done.stderr.decode())
    return done.stdout


def the_check_digit_agrees_over_ten_million_numbers():
    place = numpy.arange(ALL, dtype=numpy.int64)
    number = (place * 99_991 % 100_000) * ALL + place
    total, rest = numpy.zeros(ALL, dtype=numpy.int64), number // 10
    # 平成26年総務省令85号5条: P_n is the n-th digit from the lowest of the eleven, Q_n is n+1 up to the sixth and n-5 from there.
    for n in range(1, 12):
        total += rest % 10 * (n + 1 if n <= 6 else n - 5)
        rest //= 10
    remainder = total % 11
    right = numpy.where(remainder <= 1, 0, 11 - remainder) == number % 10
    right &= number != 0
    need(0.09 < right.mean() < 0.11, f"{right.mean()} of them are right")
    taken = numpy.unpackbits(numpy.frombuffer(module("accepted", ALL), dtype=numpy.uint8), bitorder="little")[:ALL].astype(bool)
    differ = numpy.flatnonzero(taken != right)
    need(differ.size == 0, f"{differ.size} numbers, the first {number[differ[:5]]}")


def armor_of_the_browser_is_opened_by_another_implementation():
    key = pyrage.x25519.Identity.generate()
    typed = ["123456789018", "9876-5432-1093", "１１１１　１１１１　１１１８", "3141 5926 5352", "000000000019"] * 20
    armors = json.loads(module("seal", key.to_public(), given="\n".join(typed)))
    need(len(set(armors)) == len(typed), "an armor comes twice")
    for one, armor in zip(typed, armors):
        plain = pyrage.decrypt(armor.encode(), [key]).decode()
        need(plain.isascii() and len(plain) == 12, "another content")
        need([int(digit) for digit in plain] == [int(digit) for digit in one if digit.isdigit()], "other digits")
    try:
        pyrage.decrypt(armors[0].encode(), [pyrage.x25519.Identity.generate()])
    except pyrage.DecryptError:
        return
    need(False, "another key opens it")


def checks():
    if not MODULE.is_dir():
        return []
    return [(check.__name__, check) for check in (the_check_digit_agrees_over_ten_million_numbers, armor_of_the_browser_is_opened_by_another_implementation)]
