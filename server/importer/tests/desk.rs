//! 「取込みの確認」 The screen at which two people decide, by scripted sessions. Invariant: one alone decides nothing; what somebody
//! has said is not shown before the next has said hers; personal data stands on the terminal and nowhere else.

use std::{
    io::{Cursor, Write},
    process::{Command, Stdio},
};

use importer::{
    desk::{self, Screen},
    job::{Job, Step},
};

use crate::support::{Office, entry};

/// What the screen shows when this is typed.
async fn session(job: &Job, account: &str, typed: &[&str]) -> String {
    let mut screen = Screen { typed: Cursor::new(typed.join("\n") + "\n"), shown: Vec::new() };
    desk::run(job, Some(account), &mut screen).await.unwrap();
    String::from_utf8(screen.shown).unwrap()
}

async fn office_with_two_in_doubt() -> (Office, Job) {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[("name", "佐藤花子")]), entry(2, &[("name", "知らない 人")])], &[]);
    let job = office.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    (office, job)
}

#[tokio::test]
async fn two_people_decide_side_by_side_with_the_agreement_of_each_fact() {
    let (office, job) = office_with_two_in_doubt().await;
    let first = session(&job, "suzuki", &["", "鈴木 一", "9", "1", "7", "1", "y", "q"]).await;
    for line in [
        "氏名を入力してください。",
        "鈴木 一 さん（端末の利用者：suzuki）",
        "確認を待っている届出は 2 件です。",
        "宛名に該当する人が複数います",
        "その番号はありません。",
        "候補 1　宛名番号 000000000000003",
        "  氏名：一致（届出「佐藤花子」、宛名「佐藤花子」）",
        "  フリガナ：不一致（届出「タカサキ ハナコ」、宛名「サトウ ハナコ」）",
        "  住所：一致（届出「熊谷市宮町二丁目47番地1」、宛名「熊谷市宮町二丁目47番地1」）",
        "その番号の候補はありません。",
        "記録しました。もう一人の職員が同じ判断をすると決まります。",
    ] {
        assert!(first.contains(line), "{line}\n{first}");
    }
    let second = session(&job, "tanaka", &["田中 実", "1", "2", "y", "1", "1", "y", "q"]).await;
    let (before, after) = second.split_once("よろしいですか").unwrap();
    assert!(before.contains("判断した職員：鈴木 一") && !before.contains("鈴木 一 さん：宛名番号"), "{second}");
    assert!(after.contains("ほかの職員の判断と異なります") && after.contains("鈴木 一 さん：宛名番号 000000000000003"));
    assert!(after.contains("2名の判断が一致しました。取り込みます。"), "{second}");
    assert_eq!(office.outputs(), ["pregnancy_notification-000001-2.csv"]);
    assert_eq!(job.state().held().await.unwrap().len(), 1);
}

#[tokio::test]
async fn people_change_places_send_back_and_take_back_what_they_did_not_mean() {
    let (_office, job) = office_with_two_in_doubt().await;
    let typed =
        ["鈴木", "2", "a", "5", "b", "2", "r", "8", "r", "2", "n", "2", "r", "2", "y", "p", "田中", "2", "r", "2", "y"];
    let shown = session(&job, "counter", &typed).await;
    for line in [
        "候補 1　宛名番号 000000000000001",
        "  氏名：不一致（届出「知らない 人」、宛名「髙﨑　花子」）",
        "その宛名番号は、宛名にありません。",
        "その番号の理由はありません。",
        "記録していません。",
        "差し戻します（該当する人が見つかりません）。よろしいですか",
        "2名の判断が一致しました。差し戻します。",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let counts = job.state().counts().await.unwrap();
    assert_eq!((counts.held, counts.rejected), (1, 1));
}

#[tokio::test]
async fn one_person_alone_decides_nothing_whatever_the_name_is_written_like() {
    let (office, job) = office_with_two_in_doubt().await;
    let typed = ["鈴木 一", "1", "1", "y", "p", "鈴木　一", "1", "1", "y", "p", "ｽｽﾞｷ", "q"];
    let shown = session(&job, "counter", &typed).await;
    assert!(!shown.contains("2名の判断が一致しました"), "{shown}");
    assert!(office.outputs().is_empty());
}

#[tokio::test]
async fn an_individual_number_is_said_to_agree_or_not_and_never_shown() {
    let mut office = Office::new();
    let mut numbered = entry(1, &[]);
    let armor = age::encrypt_and_armor(&office.keys.number.to_public(), b"987654321093").unwrap();
    numbered.my_number = Some(armor);
    let batch = office.batch(&[numbered], &[]);
    let job = office.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    let shown = session(&job, "counter", &["鈴木", "1", "b", "q"]).await;
    for line in [
        "個人番号が、宛名の個人番号と一致しません",
        "  個人番号：あり（表示しません）",
        "  個人番号：不一致（届出「あり（表示しません）」、宛名「あり（表示しません）」）",
        "  個人番号：一致（届出「あり（表示しません）」、宛名「あり（表示しません）」）",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert!(!shown.contains("987654321093") && !shown.contains("123456789018"));
}

#[tokio::test]
async fn what_stands_in_an_extract_gives_the_terminal_no_orders() {
    let (office, job) = office_with_two_in_doubt().await;
    drop(job);
    let residents = std::fs::read_to_string(office.path("residents.csv")).unwrap();
    std::fs::write(
        office.path("residents.csv"),
        residents.replace("熊谷市宮町二丁目47番地1", "熊谷市宮町\u{1b}[2J\u{7}"),
    )
    .unwrap();
    let residents = std::fs::read_to_string(office.path("residents.csv")).unwrap();
    assert!(residents.contains('\u{1b}'));
    let shown = session(&office.job().await, "counter", &["鈴木", "1", "b", "q"]).await;
    assert!(shown.contains("宮町\u{fffd}[2J\u{fffd}") && !shown.contains('\u{1b}'), "{shown}");
}

/// The real program at a terminal of its own (`script` of util-linux), with both outputs led into a file.
#[tokio::test]
async fn personal_data_stands_on_the_terminal_is_wiped_and_is_in_no_file() {
    let (office, job) = office_with_two_in_doubt().await;
    drop(job);
    let (program, config) = (env!("CARGO_BIN_EXE_madoguchi-import"), office.path("import.toml"));
    let log = office.path("log");
    let command = format!("{program} --config {} review desk >{} 2>&1", config.display(), log.display());
    let mut child = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("鈴木 一\n1\n1\ny\nq\n".as_bytes()).unwrap();
    let shown = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(shown.contains("佐藤花子"), "{shown}");
    assert!(shown.contains("\u{1b}[?1049h") && shown.trim_end().ends_with("\u{1b}[?1049l"), "{shown:?}");
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "1 opinions are noted\n");

    // Without a terminal there is no screen, and no line of it.
    let done = Command::new("setsid").args([program, "--config", config.to_str().unwrap(), "review", "desk"]).output();
    let done = done.unwrap();
    assert_eq!((done.status.code(), done.stdout.as_slice()), (Some(2), &b""[..]));
}
