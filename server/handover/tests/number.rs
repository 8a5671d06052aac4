#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! A 個人番号 as the portal is sent it.

use age::{armor::ArmoredWriter, armor::Format, x25519::Identity};
use handover::number::SealedNumber;
use proptest::prelude::*;
use std::io::Write as _;

fn sealed(plain: &[u8]) -> (Identity, String) {
    let key = Identity::generate();
    let armor = age::encrypt_and_armor(&key.to_public(), plain).unwrap();
    (key, armor)
}

#[test]
fn armor_of_twelve_bytes_is_taken_however_its_lines_end_and_opens_as_it_was() {
    // age adds a stanza of random length.
    for _ in 0..200 {
        let (key, armor) = sealed(b"123456789018");
        for sent in [armor.clone(), armor.replace('\n', "\r\n"), format!("{armor}\n")] {
            let taken = SealedNumber::parse(&sent).unwrap();
            assert_eq!(age::decrypt(&key, taken.armor().as_bytes()).unwrap(), b"123456789018");
        }
        assert_eq!(format!("{:?}", SealedNumber::parse(&armor).unwrap()), "[sealed number]");
    }
}

#[test]
fn several_recipients_are_taken() {
    let (one, two) = (Identity::generate(), Identity::generate());
    let recipients = [one.to_public(), two.to_public()];
    let all = recipients.iter().map(|it| it as &dyn age::Recipient);
    let mut file = Vec::new();
    let armor = ArmoredWriter::wrap_output(&mut file, Format::AsciiArmor).unwrap();
    let mut writer = age::Encryptor::with_recipients(all).unwrap().wrap_output(armor).unwrap();
    writer.write_all(b"123456789018").unwrap();
    writer.finish().unwrap().finish().unwrap();
    assert!(SealedNumber::parse(std::str::from_utf8(&file).unwrap()).is_ok());
}

#[test]
fn a_number_in_plain_is_none_nor_is_what_stands_beside_armor() {
    let (_, armor) = sealed(b"123456789018");
    let (_, long) = sealed(b"1234567890180");
    let (_, short) = sealed(b"12345678901");
    let (_, whole) = sealed(&[b'1'; 2000]);
    let of_passphrase = age::encrypt_and_armor(&age::scrypt::Recipient::new("word".to_owned().into()), b"123456789018");
    let named = armor.replacen("-----\n", "-----\nComment: 123456789018\n\n", 1);
    for sent in [
        "",
        "123456789018",
        "１２３４５６７８９０１８",
        &format!("123456789018\n{armor}"),
        &format!("{armor}123456789018"),
        &named,
        &long,
        &short,
        &whole,
        &of_passphrase.unwrap(),
        &armor[..armor.len() - 40],
        &"A".repeat(SealedNumber::LONGEST + 1),
    ] {
        assert!(SealedNumber::parse(sent).is_err(), "{sent}");
    }
}

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(text in "\\PC{0,300}", flipped in 0_usize..400) {
        prop_assert!(SealedNumber::parse(&text).is_err());
        let (_, armor) = sealed(b"123456789018");
        let mut bytes = armor.into_bytes();
        let place = flipped % bytes.len();
        bytes[place] = b'#';
        prop_assert!(SealedNumber::parse(&String::from_utf8(bytes).unwrap()).is_err());
    }
}
