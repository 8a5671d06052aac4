//! Filings with photos and files, added the way that the script adds them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use intake::{
    identity::Method,
    ids::{AccountId, FieldId, ReceiptNumber},
};
use server::{
    flows::{
        draft::{self, Typist},
        paper::{self, Appended, Begun, Finished, PIECE, Whose},
        submit,
    },
    portal::Portal,
    store::draft::DraftOwner,
};
use sha2::{Digest, Sha256};

use super::{
    filing::{fill_in_with, filled_in_by, signed_in, typist},
    portal::{letter, notification},
};

pub fn photo(shade: u8) -> Vec<u8> {
    let picture = RgbImage::from_fn(640, 480, |x, y| image::Rgb([shade, (x % 251) as u8, (y * x % 253) as u8]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub fn document(content: &[u8]) -> Vec<u8> {
    [b"%PDF-1.7\n".as_slice(), content, b"\n%%EOF\n"].concat()
}

pub fn kind() -> FieldId {
    "due_date_proof".parse().unwrap()
}

pub fn browser(number: u8) -> Typist {
    typist(DraftOwner::Browser([number; 32]))
}

pub fn of_draft(typist: Typist) -> Whose {
    Whose::Draft(typist, notification())
}

pub fn digest(file: &[u8]) -> [u8; 32] {
    Sha256::digest(file).into()
}

pub async fn begin(portal: &Portal, whose: &Whose, file: &[u8]) -> Begun {
    paper::begin(portal, whose, &kind(), Some(file.len() as i64), Some(&digest(file))).await.unwrap()
}

/// Sends a file as the script does, and goes on where it stood.
pub async fn add(portal: &Portal, whose: &Whose, file: &[u8]) -> Finished {
    let (id, from) = match begin(portal, whose, file).await {
        Begun::From(id, from) => (id, from as usize),
        Begun::There(id) => return Finished::Kept(id),
        Begun::Refused(refusal) => return Finished::Refused(refusal),
    };
    for (place, piece) in file[from..].chunks(PIECE).enumerate() {
        let at = (from + place * PIECE) as i64;
        let kept = paper::append(portal, whose, id, at, piece).await.unwrap();
        assert_eq!(kept, Appended::Kept(at + piece.len() as i64));
    }
    paper::finish(portal, whose, id, false).await.unwrap()
}

/// A 妊娠届 of a parent who has signed in, with these files, sent.
pub async fn filed_with(portal: &Portal, browser: u8, files: &[Vec<u8>]) -> (AccountId, ReceiptNumber) {
    let account = signed_in(portal, browser, &format!("parent{browser}@example.jp")).await;
    let typist = Typist { owner: DraftOwner::Account(account), session: [browser; 32] };
    fill_in_with(portal, &typist, filled_in_by(browser)).await;
    for file in files {
        assert!(matches!(add(portal, &of_draft(typist), file).await, Finished::Kept(_)));
    }
    let draft = draft::load(portal, &typist, &notification()).await.unwrap().unwrap().id;
    let sender = submit::Sender {
        account,
        method: Method::EmailCode,
        signed_in_at: portal.clock.now(),
        session: [browser; 32],
        language: "ja",
    };
    let letter = |_: &str| letter("受け取りました");
    match submit::submit(portal, &sender, &notification(), draft, letter).await.unwrap() {
        submit::Submitted::Receipt(number) => (account, number),
        submit::Submitted::Incomplete(errors) => panic!("{errors:?}"),
    }
}
