//! A batch as FHIR. Invariant: only what was verified is written, for the job's own account, and nothing else is touched.

use std::os::unix::fs::PermissionsExt;

use importer::{error::ImportError, fhir};
use intake::{export::Epds, fhir::check};
use serde_json::Value;

use crate::support::{ISSUER, Office, entry, now};

fn kinds(bundle: &Value) -> Vec<&str> {
    let entries = bundle["entry"].as_array().unwrap();
    entries.iter().map(|one| one["resource"]["resourceType"].as_str().unwrap()).collect()
}

fn read(office: &Office) -> Value {
    serde_json::from_slice(&office.output("pregnancy_notification-000001.fhir.json").unwrap()).unwrap()
}

#[tokio::test]
async fn a_batch_becomes_a_bundle_for_each_kind_before_and_after_it_is_taken_in() {
    let mut office = Office::new();
    let mut scored = entry(2, &[("reason", "moved_in"), ("filer", "self")]);
    scored.epds = Some(Epds { occasion: "one_month".to_owned(), text_pack: "demo-1".to_owned(), total: 9, item10: 1 });
    let mut broken = entry(3, &[]);
    broken.derived.age = Some(12);
    let batch = office.batch(&[entry(1, &[]), scored, broken], &[]);
    let next = office.batch(&[entry(4, &[])], &[]);
    let out = office.path("out");
    let notes = fhir::write(&office.config(), &batch.files, &out, now()).await.unwrap();
    assert_eq!(
        notes,
        ["batch 1, entry 3: left out: derived_differs", "pregnancy_notification-000001.fhir.json is written"]
    );
    let path = out.join("pregnancy_notification-000001.fhir.json");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let bundle = read(&office);
    assert_eq!(kinds(&bundle), ["Questionnaire", "QuestionnaireResponse", "QuestionnaireResponse", "Observation"]);
    assert_eq!(check::bundle(&bundle), []);
    let form = &bundle["entry"][0]["resource"];
    assert_eq!(form["url"], format!("{ISSUER}/fhir/Questionnaire/pregnancy_notification"));
    assert!(!office.path("state.db").exists(), "the state is touched");

    let job = office.job().await;
    for one in [&batch, &next] {
        job.file(&one.files, importer::job::Step::Written).await.unwrap();
    }
    assert_eq!(fhir::write(&office.config(), &batch.files, &out, now()).await.unwrap(), notes);
    assert_eq!(read(&office), bundle);
}

#[tokio::test]
async fn of_a_batch_that_is_refused_nothing_is_written() {
    let office = Office::new();
    let out = office.path("fhir");
    let foreign = Office::new().batch(&[entry(1, &[])], &[]);
    let refused = fhir::write(&office.config(), &foreign.files, &out, now()).await;
    assert!(matches!(refused, Err(ImportError::Refused(_))), "{refused:?}");
    assert!(!out.exists());
}
