//! 「見本の届出」 One made-up filing by each other channel. Invariant: the files lie in the demo's folder beside the mapping files
//! that they are read by: who takes them in again by hand is told that they are there.

use std::{
    fs,
    io::{Cursor, Write},
};

use encoding_rs::SHIFT_JIS;
use intake::{export::Channel, time::CivilDate};
use sha2::{Digest, Sha256};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::{people::SamplePerson, prepare::DemoError};
use crate::{
    channel::{Record, archive, fault::Fault, mapping::Mapping, table::Table, xml},
    flows::{
        FlowError,
        take_in::{Coming, take_record},
    },
    portal::Portal,
    store::StoreError,
};

const PREFECTURE: &str = include_str!("../../doc/channel-prefecture.toml");
const PITTARI: &str = include_str!("../../doc/channel-pittari.toml");

/// Writes the files and takes them in. The one of ぴったりサービス is of somebody who has filed here too.
///
/// # Errors
/// When they cannot be written or taken in.
pub async fn seed(portal: &Portal, people: &[SamplePerson], today: CivilDate) -> Result<(), DemoError> {
    let folder = portal.config.data_dir.join("channels");
    fs::create_dir_all(&folder)?;
    let yesterday = today.plus_days(-1);
    let due = today.plus_days(200);
    let rows = prefecture(yesterday, due);
    fs::write(folder.join("prefecture.toml"), PREFECTURE)?;
    fs::write(folder.join("prefecture.csv"), &rows)?;
    let mapping = Mapping::read(PREFECTURE).map_err(|_| spoilt())?;
    let table = Table::open(rows.as_slice(), mapping.charset()).map_err(bad)?;
    let all: Vec<Record> = table.collect::<Result<_, _>>().map_err(bad)?;
    take(portal, Channel::Prefecture, &mapping, &all, &rows).await?;

    let Some(person) = people.first() else { return Ok(()) };
    // Of the same pregnancy, so that the two are pointed out as a pair.
    let typed = |input: &str| person.raw.first(input);
    let own = (typed("due_date-year").parse(), typed("due_date-month").parse(), typed("due_date-day").parse());
    let own = if let (Ok(year), Ok(month), Ok(day)) = own { CivilDate::from_parts(year, month, day) } else { None };
    let zip = pittari(person, yesterday, own.unwrap_or(due)).map_err(std::io::Error::other)?;
    fs::write(folder.join("pittari.toml"), PITTARI)?;
    fs::write(folder.join("pittari.zip"), &zip)?;
    let mapping = Mapping::read(PITTARI).map_err(|_| spoilt())?;
    let rule = mapping.archive().ok_or_else(spoilt)?;
    let content = archive::open(&zip, rule, mapping.papers()).map_err(bad)?;
    let record = xml::read(&content.application, mapping.charset()).map_err(bad)?;
    take(portal, Channel::Pittari, &mapping, &[record], &zip).await
}

async fn take(
    portal: &Portal,
    channel: Channel,
    mapping: &Mapping,
    records: &[Record],
    file: &[u8],
) -> Result<(), DemoError> {
    let (id, version) = mapping.form();
    let form = portal.catalog.version(id, version).ok_or(FlowError::NotFound)?;
    let coming = Coming { channel, mapping, form, file_sha256: Sha256::digest(file).into() };
    for record in records {
        take_record(portal, &coming, record, Vec::new(), false).await?.map_err(|_| spoilt())?;
    }
    Ok(())
}

fn spoilt() -> DemoError {
    StoreError::Corrupt("a sample of another channel that is not taken".to_owned()).into()
}

fn bad(_: Fault) -> DemoError {
    spoilt()
}

/// One row of the prefecture's example, in Windows-31J.
fn prefecture(received: CivilDate, due: CivilDate) -> Vec<u8> {
    let cells = [
        ("整理番号", "202600000001".to_owned()),
        ("申込日時", format!("{received} 21:40:00")),
        ("届出者", "本人".to_owned()),
        ("届出理由", "新規".to_owned()),
        ("氏（漢字）", "窓口".to_owned()),
        ("名（漢字）", "花子".to_owned()),
        ("氏名（カナ）", "マドグチ ハナコ".to_owned()),
        ("生年月日", "平成7年4月1日".to_owned()),
        ("郵便番号", "000-0001".to_owned()),
        ("住所", "窓口市架空町1-2-3".to_owned()),
        ("電話番号", "000-0000-0001".to_owned()),
        ("分娩予定日", due.to_string()),
        ("妊娠週数", "11".to_owned()),
        ("診断", "医師の診断を受けた".to_owned()),
        ("医師又は助産師の氏名", "見本 医師".to_owned()),
        ("医療機関名", "見本クリニック".to_owned()),
        ("性病に関する健康診断", "受けた".to_owned()),
        ("結核に関する健康診断", "わからない".to_owned()),
        ("職業", "回答しない".to_owned()),
        ("メールアドレス", String::new()),
    ];
    let line = |texts: Vec<&str>| texts.join(",") + "\r\n";
    let headers = line(cells.iter().map(|(header, _)| *header).collect());
    let row = line(cells.iter().map(|(_, text)| text.as_str()).collect());
    SHIFT_JIS.encode(&(headers + &row)).0.into_owned()
}

/// An archive of the example for ぴったりサービス.
fn pittari(person: &SamplePerson, received: CivilDate, due: CivilDate) -> zip::result::ZipResult<Vec<u8>> {
    let typed = |input: &str| {
        let text = person.raw.first(input);
        text.replace('&', "&amp;").replace('<', "&lt;")
    };
    let born: u32 = typed("birthdate-year").parse().unwrap_or(1995);
    // The code of an era and the year in it: 5 令和, 4 平成, 3 昭和.
    let (era, year) = match born {
        2020.. => (5, born - 2018),
        1990.. => (4, born - 1988),
        _ => (3, born.saturating_sub(1925)),
    };
    let two = |input: &str| format!("{:0>2}", typed(input));
    let born = format!("{era}{year:02}{}{}", two("birthdate-month"), two("birthdate-day"));
    let (name, kana, address) = (typed("name"), typed("name_kana"), typed("address"));
    let (postal_code, phone) = (typed("postal_code"), typed("phone"));
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<申請書>\n <受付情報><受付番号>P-0000001</受付番号>\
         <受付日時>{received}T20:15:00</受付日時></受付情報>\n <申請者><氏名>{name}</氏名><氏名カナ>{kana}</氏名カナ>\
         <生年月日>{born}</生年月日><郵便番号>{postal_code}</郵便番号><住所>{address}</住所><電話番号>{phone}</電話番号>\
         </申請者>\n <妊娠><出産予定日>{due}</出産予定日><診断>3</診断></妊娠>\n <署名><証明書シリアル番号>1\
         </証明書シリアル番号></署名>\n</申請書>\n"
    );
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("申請データ.xml", SimpleFileOptions::default())?;
    writer.write_all(xml.as_bytes())?;
    Ok(writer.finish()?.into_inner())
}
