"""The independent verifier. `MADOGUCHI_BIN` and `MADOGUCHI_IMPORT_BIN` name the programs; the last line counts.
Invariant: a check that crashes has failed, and later checks run all the same."""

import os
import sys
import traceback

import checks_import
import checks_pull
import office


def main():
    named = sys.argv[1:]
    passed = failed = 0
    cases = checks_import.CASES + checks_pull.CASES
    for name, check in office.checks(os.environ["MADOGUCHI_IMPORT_BIN"], cases):
        if named and not any(part in name for part in named):
            continue
        try:
            check()
        except Exception:  # whatever it is, it is a failure of this check and not of the run
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc(file=sys.stdout)
        else:
            passed += 1
            print(f"ok     {name}")
        sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
