"""FHIR R4 as others see it. Invariant: nothing here knows what the portal means to write.

Structure, cardinality, types and required codes are those of the package fhir.resources, in its edition R4B: of the resources
that are used here R4B says the same as R4 (4.0.1), and there is no R4 edition of the package that still installs. The package
knows required codes and leaves them unchecked, so they are checked here by what it knows. The invariants (que-…, qrs-…, obs-…,
dom-…, bdl-…) are the published FHIRPath expressions, evaluated by the package fhirpathpy."""

import json

from fhir.resources.R4B import get_fhir_model_class
from fhirpathpy import evaluate
from fhirpathpy.models import models
from pydantic import BaseModel

from batch import need

# Where the package's own list ends with "+", it is cut off. https://hl7.org/fhir/R4/valueset-item-type.html and
# https://hl7.org/fhir/R4/valueset-observation-status.html have the whole.
WHOLE_LISTS = {
    ("QuestionnaireItem", "type"): {
        "group", "display", "boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text", "url", "choice",
        "open-choice", "attachment", "reference", "quantity",
    },
    ("Observation", "status"): {
        "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
    },
}
# Human description, where it holds, and the expression, as https://hl7.org/fhir/R4/ publishes them; a leading `$this.` where
# the evaluator needs one, and `iif` for `implies` on what may be empty.
INVARIANTS = {
    "Questionnaire": [
        ("que-0", "name.matches('^[A-Z]([A-Za-z0-9_]){0,254}$')"),
        ("que-2", "descendants().linkId.isDistinct()"),
    ],
    "Questionnaire.item": [
        ("que-1", "(type='group' implies item.empty().not()) and (type='display' implies item.empty())"),
        ("que-3", "type!='display' or code.empty()"),
        ("que-4", "answerOption.empty() or answerValueSet.empty()"),
        ("que-5", "(type='choice' or type='open-choice' or type='integer' or type='date' or type='time' or type='string') or (answerValueSet.empty() and answerOption.empty())"),
        ("que-6", "type!='display' or (required.empty() and repeats.empty())"),
        ("que-8", "(type!='group' and type!='display') or initial.empty()"),
        ("que-9", "type!='display' or readOnly.empty()"),
        ("que-10", "(type='boolean' or type='decimal' or type='integer' or type='string' or type='text' or type='url' or type='open-choice') or maxLength.empty()"),
        ("que-11", "answerOption.empty() or initial.empty()"),
        ("que-12", "enableWhen.count() <= 1 or enableBehavior.exists()"),
        ("que-13", "repeats=true or initial.count() <= 1"),
    ],
    "Questionnaire.item.enableWhen": [("que-7", "operator!='exists' or answerBoolean.exists()")],
    "QuestionnaireResponse.item": [("qrs-1", "(answer.exists() and item.exists()).not()")],
    "Observation": [
        ("obs-6", "dataAbsentReason.empty() or value.empty()"),
        ("obs-7", "value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()"),
    ],
    "Bundle": [
        ("bdl-1", "total.empty() or (type='searchset') or (type='history')"),
        ("bdl-7", "entry.fullUrl.isDistinct()"),
    ],
    "Bundle.entry": [("bdl-8", "fullUrl.contains('/_history/').not()")],
}


def validate(resource):
    """Says what is wrong with a resource by failing; a Bundle with everything in it."""
    need(isinstance(resource, dict) and "resourceType" in resource, "no resource")
    kind = resource["resourceType"]
    # Python counts the ideographic space as white space, which the pattern of `string` excludes; R4's own pattern does not.
    narrow = without_wide_spaces(resource)
    model = get_fhir_model_class(kind).model_validate(narrow)
    # The package reads "yes" as true and "1" as 1; what it writes again tells.
    need(json.loads(model.model_dump_json()) == narrow, f"{kind}: a value is of another type than it seems")
    check_codes(model, kind)
    check_no_empty(resource, kind)
    check_invariants(resource, kind, resource, kind)
    check_contained(resource)


def without_wide_spaces(value):
    if isinstance(value, dict):
        return {key: without_wide_spaces(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_wide_spaces(one) for one in value]
    return value.replace("\u3000", " ") if isinstance(value, str) else value


def check_codes(model, path):
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        allowed = (field.json_schema_extra or {}).get("enum_values")
        if value is not None and allowed:
            allowed = WHOLE_LISTS.get((type(model).__name__, name), set(allowed))
            need("+" not in allowed, f"{path}.{name}: the list of codes is cut off")
            need(set(value if isinstance(value, list) else [value]) <= allowed, f"{path}.{name}: {value!r} is no code")
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, BaseModel):
                check_codes(one, f"{path}.{name}")


def check_no_empty(value, path):
    """ele-1 and the rules of JSON: no empty object, list or text, no null."""
    need(value not in ({}, [], "", None), f"{path} is empty")
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        check_no_empty(one, f"{path}.{key}")


def check_invariants(value, path, resource, kind):
    if isinstance(value, list):
        for one in value:
            check_invariants(one, path, resource, kind)
    if not isinstance(value, dict):
        return
    for name, expression in INVARIANTS.get(path, []):
        holds = evaluate(value, expression, {"resource": resource}, models["r4"])
        need(holds == [True] or holds is True, f"{path}: {name}: {expression} gives {holds}")
    for key, one in value.items():
        # Items under items and answers are items.
        below = f"{kind}.item" if key == "item" else f"{path}.{key}"
        if key in ("resource", "contained"):
            for inner in one if isinstance(one, list) else [one]:
                check_invariants(inner, inner["resourceType"], inner, inner["resourceType"])
        else:
            check_invariants(one, below, resource, kind)


def check_contained(resource):
    """dom-2, dom-3: what is contained holds nothing contained, and is referred to."""
    for entry in resource.get("entry", []):
        check_contained(entry["resource"])
    named, references = {f"#{one['id']}" for one in resource.get("contained", [])}, set()
    need(not any("contained" in one for one in resource.get("contained", [])), "contained in contained")

    def look(value):
        if isinstance(value, dict):
            references.update([value["reference"]] if isinstance(value.get("reference"), str) else [])
            for one in value.values():
                look(one)
        elif isinstance(value, list):
            for one in value:
                look(one)

    if resource["resourceType"] != "Bundle":
        look(resource)
        inner = {one for one in references if one.startswith("#")}
        need(inner == named, f"contained {named}, referred to {inner}")
