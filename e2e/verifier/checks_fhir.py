"""What the portal and the import job write as FHIR R4, read by a validator that is not ours. Invariant: a check that passes what
is right also refuses it broken."""

import copy
import json
import pathlib
import re
import stat
import tempfile

from batch import need
from fhir_r4 import validate
from office import LINES

OF_PORTAL, OF_OFFICE = [], []
of_portal, of_office = OF_PORTAL.append, OF_OFFICE.append
DECLINED = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def questionnaire(portal, form):
    done = portal.command("forms", "fhir", form)
    need(done.returncode == 0, done.stderr)
    return json.loads(done.stdout)


def items(resource):
    """Every item of a Questionnaire or a response by its linkId."""
    found = {}
    for item in resource.get("item", []):
        found |= {item["linkId"]: item} | items(item)
    return found


def of_kind(bundle, kind):
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def refuses(resource, changes):
    """Each change makes a resource that the validator refuses."""
    validate(resource)
    for why, change in changes.items():
        broken = copy.deepcopy(resource)
        change(broken)
        need(broken != resource, f"{why}: nothing was changed")
        try:
            validate(broken)
        except Exception:  # how it says so is the validator's affair
            continue
        need(False, f"the validator takes {why}")


def anywhere(resource, test):
    """The first item that the test holds for."""
    return next(item for item in items(resource).values() if test(item))


def bundles(run, folder, batch):
    """The Bundles that `madoguchi-import fhir` makes of a batch, by kind."""
    out = pathlib.Path(folder) / "fhir"
    told = run("fhir", batch, "--out", out)
    made = {}
    for path in out.iterdir():
        need(stat.S_IMODE(path.stat().st_mode) == 0o600, f"{path.name} can be read by others")
        made[path.name.rsplit("-", 1)[0]] = json.loads(path.read_text())
    return told, made


@of_portal
def every_form_is_a_questionnaire(portal):
    forms = set(re.findall(r'href="/apply/([a-z0-9_-]+)"', portal.get("/").decode()))
    need("pregnancy_notification" in forms, f"the portal serves {forms}")
    # Some are not on the first page for everybody.
    for form in sorted(forms | {"questionnaire", "epds", "low_birth_weight", "postnatal_care"}):
        resource = questionnaire(portal, form)
        validate(resource)
        need(resource["url"] == f"{portal.url}/fhir/Questionnaire/{form}", "it has another name")
        for item in items(resource).values():
            for test in item.get("enableWhen", []):
                need(test["question"] in items(resource), f"{form}: a condition on {test['question']}, which is not there")
    done = portal.command("forms", "fhir", "no_such_form")
    need(done.returncode == 1 and not done.stdout, "a form that is not there")


@of_portal
def a_broken_questionnaire_is_refused(portal):
    refuses(
        questionnaire(portal, "pregnancy_notification"),
        {
            "a status that there is not": lambda it: it.update(status="finished"),
            "no status": lambda it: it.pop("status"),
            "an unknown member": lambda it: it.update(pages=[]),
            "an item without linkId": lambda it: it["item"][0].pop("linkId"),
            "a linkId twice": lambda it: it["item"][1].update(linkId="page.who"),
            "an item type that there is not": lambda it: it["item"][0]["item"][0].update(type="single"),
            "a group without items": lambda it: it["item"][0].pop("item"),
            "a text that is a number": lambda it: it["item"][0].update(text=1),
            "a length of a choice": lambda it: anywhere(it, lambda item: item["type"] == "choice").update(maxLength=3),
            "options of a text": lambda it: anywhere(it, lambda item: item["type"] == "text").update(
                answerOption=anywhere(it, lambda item: "answerOption" in item)["answerOption"]
            ),
            "several conditions and no behaviour": lambda it: anywhere(it, lambda item: "enableBehavior" in item).pop("enableBehavior"),
            "an operator that there is not": lambda it: anywhere(it, lambda item: "enableWhen" in item)["enableWhen"][0].update(operator="is"),
            "a condition with two answers": lambda it: anywhere(it, lambda item: "enableWhen" in item)["enableWhen"][0].update(answerInteger=1),
            "a name with a space": lambda it: it.update(name="Pregnancy notification"),
            "an empty list": lambda it: it.update(code=[]),
            "required as text": lambda it: anywhere(it, lambda item: "required" in item).update(required="yes"),
        },
    )


@of_portal
def the_answers_of_a_batch_are_responses_item_by_item(portal):
    files, _, entries = portal.opened()[0]
    with tempfile.TemporaryDirectory() as folder:
        batch = pathlib.Path(folder) / "batch-000001"
        batch.mkdir()
        for name, content in files.items():
            (batch / name).write_bytes(content)
        _, made = bundles(portal.import_job, folder, batch)
    need(set(made) == {entry["kind"] for entry in entries}, f"kinds {set(made)}")
    compared = 0
    for kind, bundle in made.items():
        validate(bundle)
        ours = {f"{entry['id']}/{entry['rev']}": entry for entry in entries if entry["kind"] == kind}
        responses = {one["identifier"]["value"]: one for one in of_kind(bundle, "QuestionnaireResponse")}
        need(set(responses) == set(ours), "the responses are of other entries")
        forms = {f"{form['url']}|{form['version']}": form for form in of_kind(bundle, "Questionnaire")}
        for number, response in responses.items():
            compared += compare(ours[number], response, forms[response["questionnaire"]])
    need(compared > 10 * len(entries), f"only {compared} items were compared")


def compare(entry, response, form):
    """Every record item that somebody said something to stands in the response, and the person byte for byte."""
    answered, compared = items(response), 0
    links = {item["prefix"]: link for link, item in items(form).items() if "prefix" in item}
    for item in entry["items"]:
        if item["by"] == "derived":
            need(links.get(item["no"]) not in answered, f"item {item['no']} was computed and stands there as an answer")
            continue
        asked = answered.get(links[item["no"]], {})
        answers = asked.get("answer", [])
        if "item" in asked:
            # A span of months: both ends, as the entry writes it.
            ends = [end["answer"][0] for end in asked["item"]]
            answers = [{"valueString": "/".join(end["valueDate"] for end in ends)}] if "valueDate" in ends[0] else ends[:1]
        said = [item[key] for key in ("code", "value") if key in item] + item.get("codes", [])
        told = [
            (answer.get("valueCoding") or {}).get("code") or answer.get("valueString") or answer.get("valueDate") or answer.get("valueInteger")
            for answer in answers
        ]
        if item["declined"]:
            need(len(answers) == 1, f"item {item['no']} is not there")
            need([one["url"] for one in answers[0]["extension"]] == [DECLINED] and told == [None], f"item {item['no']}")
        else:
            need(told == said, f"item {item['no']} is another")
        compared += 1
    need(answered["name"]["answer"] == [{"valueString": entry["person"]["name"]}], "the name is not byte for byte")
    need(response["authored"] == entry["answered_at"], "another time")
    mail = entry["person"]["email"]
    need(mail is None or mail not in json.dumps(response), "the mail address is no answer")
    return compared


def carried(office, change=None):
    """A batch with one entry of the sample, changed."""
    entry = json.loads(LINES[0])
    if change:
        change(entry)
    return entry, office.write(office.sealer.seal(lines=[json.dumps(entry, ensure_ascii=False).encode()]))


def runner(office):
    def run(*words):
        done = office.run(*words)
        need(done.returncode == 0, done.stderr)
        return done.stdout

    return run


@of_office
def a_broken_response_is_refused(office):
    _, batch = carried(office)
    _, made = bundles(runner(office), office.folder, batch)
    (response,) = of_kind(made["pregnancy_notification"], "QuestionnaireResponse")

    def answer(it):
        return it["item"][0]["item"][0]["answer"][0]

    refuses(
        response,
        {
            "a status that there is not": lambda it: it.update(status="sent"),
            "no status": lambda it: it.pop("status"),
            "a time without an offset": lambda it: it.update(authored="2026-11-23T18:00:00"),
            "a day that there is not": lambda it: items(it)["birthdate"]["answer"][0].update(valueDate="1996-02-30"),
            "two values": lambda it: answer(it).update(valueString="x"),
            "a value of a type that there is not": lambda it: answer(it).update(valueText="x"),
            "a group with an answer": lambda it: it["item"][0].update(answer=[{"valueString": "x"}]),
            "a subject that is not contained": lambda it: it["contained"].clear(),
            "an identifier that is a list": lambda it: it.update(identifier=[it["identifier"]]),
        },
    )


@of_office
def a_score_is_an_observation_and_the_ten_answers_are_nowhere(office):
    score = {"occasion": "two_weeks", "text_pack": "demo-1", "total": 13, "item10": 2}
    _, batch = carried(office, lambda entry: entry.update(epds=score))
    _, made = bundles(runner(office), office.folder, batch)
    (bundle,) = made.values()
    validate(bundle)
    (observation,) = of_kind(bundle, "Observation")
    need(observation["code"]["coding"][0] == {"system": "http://loinc.org", "code": "71354-5"}, "another code")
    need(observation["valueInteger"] == 13, "another total")
    numbers = [one["valueInteger"] for one in observation["component"] if "valueInteger" in one]
    need(numbers == [2], f"the components are {numbers}")
    addresses = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in bundle["entry"]}
    need(addresses[observation["derivedFrom"][0]["reference"]] == "QuestionnaireResponse", "it is derived from nothing")
    refuses(
        observation,
        {
            "no status": lambda it: it.pop("status"),
            "a status that there is not": lambda it: it.update(status="done"),
            "no code": lambda it: it.pop("code"),
            "two values": lambda it: it.update(valueString="13"),
            "a total that is text": lambda it: it.update(valueInteger="dreizehn"),
            "a reason for no value beside a value": lambda it: it.update(dataAbsentReason={"text": "x"}),
            "a component without a code": lambda it: it["component"][0].pop("code"),
            "a component with the code of the whole": lambda it: it["component"][0].update(code=it["code"]),
        },
    )


@of_office
def a_batch_is_written_as_fhir_before_and_after_it_is_taken_in_and_an_altered_one_never(office):
    _, batch = carried(office)
    run = runner(office)
    _, before = bundles(run, office.folder, batch)
    need(not (office.folder / "state.db").exists(), "the state was touched")
    run("file", batch)
    _, after = bundles(run, office.folder, batch)
    need(before == after, "it is another after it was taken in")
    files = {path.name: path.read_bytes() for path in batch.iterdir()}
    flipped = bytearray(files["entries.ndjson.age"])
    flipped[200] ^= 1
    out = office.folder / "never"
    done = office.run("fhir", office.write(files | {"entries.ndjson.age": bytes(flipped)}), "--out", out)
    need(done.returncode == 1 and "(file_digest)" in done.stderr and not out.exists(), done.stderr)


@of_office
def of_an_entry_that_goes_back_nothing_is_written(office):
    _, batch = carried(office, lambda entry: entry["derived"].update(months=9))
    told, made = bundles(runner(office), office.folder, batch)
    need("left out: derived_differs" in told, told)
    need([len(of_kind(bundle, "QuestionnaireResponse")) for bundle in made.values()] == [0], "a response")
