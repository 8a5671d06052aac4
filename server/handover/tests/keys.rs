//! Key announcements: a new key is trusted only if a trusted one says so, and a retired one no more.

use handover::{Algorithm, KeyAnnouncement, SigningKey, Trust, fingerprint, manifest::MANIFEST_FILE};
use intake::time::DAY;

use crate::support::{NOW, PORTAL, Sides, announced, exchanged, refusal};

#[test]
fn the_first_key_is_pinned_by_the_fingerprint_that_was_read_aloud() {
    let sides = Sides::new();
    let jwks = sides.announcement().to_jwks();
    let heard = fingerprint(sides.portal.jwk());
    assert_eq!(Trust::pin(&jwks, &heard, NOW).unwrap(), sides.trust);
    let alone = serde_json::to_vec(sides.portal.jwk()).unwrap();
    assert_eq!(Trust::pin(&alone, &heard.to_lowercase(), NOW).unwrap(), sides.trust);
    assert_eq!(refusal(Trust::pin(&jwks, "0000", NOW)), "wrong_fingerprint");
    assert_eq!(refusal(Trust::pin(b"{}", &heard, NOW)), "bad_key");
}

#[test]
fn a_key_is_learned_from_a_trusted_one_and_signs_once_it_is_active() {
    let mut sides = Sides::new();
    let next = SigningKey::generate(Algorithm::Ed25519);
    let batch = sides.batch();
    let payload = serde_json::to_vec(&batch.manifest).unwrap();
    let by_next = exchanged(&batch.files, MANIFEST_FILE, Some(next.sign("madoguchi-batch+jws", &payload)));
    assert_eq!(refusal(sides.open(&by_next)), "unknown_key");

    let mut announcement = sides.announcement();
    announcement.keys.push(announced(&next, None, None));
    assert_eq!(refusal(sides.trust.learn(&announcement.sign(&next), PORTAL)), "unknown_key");
    assert_eq!(sides.trust.learn(&announcement.sign(&sides.portal), PORTAL).unwrap(), 1);
    assert_eq!(refusal(sides.open(&by_next)), "not_yet_active");

    announcement.keys[1].active_at = Some(NOW);
    assert_eq!(sides.trust.learn(&announcement.sign(&sides.portal), PORTAL).unwrap(), 0);
    assert_eq!(refusal(sides.open(&by_next)), "nothing was refused");
}

#[test]
fn the_announcement_in_a_batch_is_learned_with_it() {
    let sides = Sides::new();
    let opened = sides.open(&sides.batch().files).unwrap();
    assert_eq!(opened.trust.keys().count(), 1);
}

#[test]
fn a_retired_key_signs_nothing_any_more_and_no_announcement_brings_it_back() {
    let mut sides = Sides::new();
    let next = SigningKey::generate(Algorithm::Es256);
    let announcement = KeyAnnouncement {
        keys: vec![
            announced(&sides.portal, Some(NOW.plus(-DAY)), Some(NOW)),
            announced(&next, Some(NOW.plus(-DAY)), None),
        ],
        at: NOW.plus(-DAY),
        ..sides.announcement()
    };
    sides.trust.learn(&announcement.sign(&sides.portal), PORTAL).unwrap();
    assert_eq!(refusal(sides.open(&sides.batch().files)), "retired_key");
    let mut undone = announcement;
    undone.at = NOW;
    undone.keys[0].retired_at = None;
    assert_eq!(refusal(sides.trust.learn(&undone.sign(&sides.portal), PORTAL)), "retired_key");
    sides.trust.learn(&undone.sign(&next), PORTAL).unwrap();
    assert_eq!(refusal(sides.open(&sides.batch().files)), "retired_key");
}

#[test]
fn an_announcement_of_another_portal_or_version_is_refused() {
    let mut sides = Sides::new();
    let signed = |announcement: &KeyAnnouncement| announcement.sign(&sides.portal);
    let foreign = signed(&KeyAnnouncement { iss: "https://evil.example".to_owned(), ..sides.announcement() });
    let later = signed(&KeyAnnouncement { v: 2, ..sides.announcement() });
    let mut wrong_kid = sides.announcement();
    wrong_kid.keys[0].jwk.kid = "short".to_owned();
    let wrong_kid = signed(&wrong_kid);
    assert_eq!(refusal(sides.trust.learn(&foreign, PORTAL)), "wrong_issuer");
    assert_eq!(refusal(sides.trust.learn(&later, PORTAL)), "wrong_version");
    assert_eq!(refusal(sides.trust.learn(&wrong_kid, PORTAL)), "bad_key");
}
