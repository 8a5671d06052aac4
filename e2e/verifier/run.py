"""The independent verifier. `MADOGUCHI_BIN` and `MADOGUCHI_IMPORT_BIN` name the programs; the last line counts.
Invariant: a check that crashes has failed, and later checks run all the same."""

import os
import sys
import traceback

import checks_archive
import checks_fhir
import checks_identity
import checks_import
import checks_kit
import checks_letters
import checks_number
import checks_openapi
import checks_portal
import checks_pull
import office


def main():
    named = sys.argv[1:]
    cases = checks_import.CASES + checks_archive.CASES + checks_pull.CASES + checks_fhir.OF_OFFICE
    checks = office.checks(os.environ["MADOGUCHI_IMPORT_BIN"], cases) + checks_number.checks()
    checks += checks_kit.checks(os.environ["MADOGUCHI_BIN"], os.environ["MADOGUCHI_IMPORT_BIN"])
    of_portal, portal = checks_portal.checks(os.environ["MADOGUCHI_BIN"], checks_openapi.OF_PORTAL + checks_fhir.OF_PORTAL + checks_letters.OF_PORTAL + checks_identity.OF_PORTAL)
    with portal:
        passed, failed = run(check for check in checks + of_portal if not named or any(part in check[0] for part in named))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def run(checks):
    passed = failed = 0
    for name, check in checks:
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
    return passed, failed


if __name__ == "__main__":
    sys.exit(main())
