"""The portal against its own description, by schemathesis, which is not ours. Invariant: requests are bounded and the same each
time; every answer is one that the description names, with its media type, headers and schema."""

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from batch import Refused, need

OF_PORTAL = []
of_portal = OF_PORTAL.append
EXAMPLES = 40
BOUNDED = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CONFORMS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def described(portal):
    return schemathesis.openapi.from_url(f"{portal.url}/handover/v1/openapi.json")


def conform(case, answer):
    """Schemathesis throws a group that is no ordinary exception."""
    try:
        case.validate_response(answer, checks=CONFORMS)
    except BaseExceptionGroup as found:
        raise Refused(f"{case.operation.label}: {found}") from None


def asked(portal, case):
    """The answer to a request with a token of its own, which is one that the description names."""
    headers = {"authorization": f"Bearer {portal.token()}"}
    answer = case.call(headers=headers, timeout=30)
    conform(case, answer)
    return answer.status_code


@of_portal
def every_answer_is_one_that_the_description_names(portal):
    portal.batches()
    seen = {}
    for result in described(portal).get_all_operations():
        operation = result.ok()

        @BOUNDED
        @given(case=operation.as_strategy())
        def ask(case):
            seen.setdefault(operation.label, set()).add(asked(portal, case))

        ask()
    # All but the description itself, which schemathesis leaves out because it came from there.
    need(len(seen) == 5, f"the description has {sorted(seen)}")
    need(200 in seen["GET /handover/v1/batches"], f"{seen}")
    need(seen["POST /handover/v1/receipts"] <= {400, 413, 422}, f"a receipt that nobody signed: {seen}")


@of_portal
def files_that_are_there_are_described_too(portal):
    operation = described(portal)["/handover/v1/batches/{seq}/{file}"]["GET"]
    files, manifest, _ = portal.opened(1)[0]
    tag = None
    for name in files:
        case = operation.Case(path_parameters={"seq": manifest["seq"], "file": name}, headers={})
        need(asked(portal, case) == 200, f"{name} is not there")
    digest = next(file["sha256"] for file in manifest["files"] if file["name"] == "entries.ndjson.age")
    tag = f'"{digest}"'
    for headers, status in (
        ({"Range": "bytes=0-9", "If-Range": tag}, 206),
        ({"Range": "bytes=0-9", "If-Range": f'"{"0" * 64}"'}, 200),
        ({"Range": "bytes=999999999-"}, 416),
        ({"If-None-Match": tag}, 304),
    ):
        case = operation.Case(path_parameters={"seq": manifest["seq"], "file": "entries.ndjson.age"}, headers=headers)
        told = asked(portal, case)
        need(told == status, f"{headers}: {told}")


@of_portal
def an_answer_that_the_description_does_not_name_is_found(portal):
    """The check can fail: against a description that leaves something out."""
    document = described(portal).raw_schema
    del document["paths"]["/handover/v1/batches"]["get"]["responses"]["401"]
    operation = schemathesis.openapi.from_dict(document)["/handover/v1/batches"]["GET"]
    case = operation.Case(query={})
    answer = case.call(base_url=portal.url, timeout=30)
    try:
        conform(case, answer)
    except Refused:
        return
    need(False, "an answer of 401 passes a description without it")
