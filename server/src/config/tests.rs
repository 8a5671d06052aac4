#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Every refusal is asked for by name.

use super::*;

const GOOD: [(&str, &str); 10] = [
    ("MADOGUCHI_MASTER_KEY_FILE", "/etc/madoguchi/master.key"),
    ("MADOGUCHI_PUBLIC_URL", "https://counter.example"),
    ("MADOGUCHI_STAFF_URL", "https://counter.inside.example"),
    ("MADOGUCHI_SMTP_URL", "smtps://portal:s3cret@relay.example"),
    ("MADOGUCHI_MAIL_FROM", "窓口市 <counter@madoguchi.example>"),
    ("MADOGUCHI_MUNICIPALITY_CODE", "131016"),
    ("MADOGUCHI_MUNICIPALITY_NAME", "千代田区"),
    ("MADOGUCHI_MUNICIPALITY_PHONE", "03-0000-0000"),
    ("MADOGUCHI_DATABASE_URL", "postgres://portal@db.example/madoguchi"),
    ("MADOGUCHI_CLAMD", "unix:/run/clamav/clamd.ctl"),
];

fn with(changes: &[(&str, &str)]) -> Sources {
    let pairs = GOOD.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Sources { environment: pairs.collect(), ..Sources::default() }
}

fn demo(changes: &[(&str, &str)]) -> Sources {
    let pairs = changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Sources { environment: pairs.collect(), demo: true, file: None }
}

fn refused(sources: &Sources) -> String {
    Config::load(sources).unwrap_err().to_string()
}

#[test]
fn a_complete_set_is_taken_and_keeps_the_planes_apart() {
    let config = Config::load(&with(&[])).unwrap();
    assert_eq!(config.listeners().len(), 3);
    assert_eq!(config.public_url.host(), "counter.example");
}

#[test]
fn the_demo_needs_no_settings_and_stays_on_this_machine() {
    let config = Config::load(&demo(&[("MADOGUCHI_LISTEN", "127.0.0.1:9000")])).unwrap();
    assert_eq!(config.public_url.origin(), "http://localhost:9000");
    assert_eq!(config.listeners().len(), 1);
    assert!(refused(&demo(&[("MADOGUCHI_LISTEN", "0.0.0.0:9000")])).contains("MADOGUCHI_LISTEN: the demo"));
    assert!(refused(&demo(&[("MADOGUCHI_MASTER_KEY_FILE", "/etc/key")])).contains("MADOGUCHI_MASTER_KEY_FILE"));
}

#[test]
fn the_epds_needs_a_licensed_pack_unless_practising_is_asked_for_by_name() {
    assert_eq!(Config::load(&with(&[])).unwrap().epds, EpdsOffer::Licensed);
    assert_eq!(Config::load(&demo(&[])).unwrap().epds, EpdsOffer::Demonstration);
    let practice = Config::load(&with(&[("MADOGUCHI_EPDS", "demonstration")])).unwrap();
    assert_eq!(practice.epds, EpdsOffer::Demonstration);
    assert!(refused(&with(&[("MADOGUCHI_EPDS", "yes")])).contains("MADOGUCHI_EPDS: expected"));
}

#[test]
fn each_way_in_can_be_switched_off_and_one_remains_for_who_has_no_passkey() {
    let all = Config::load(&with(&[])).unwrap();
    assert!(all.offers(Method::EmailCode) && all.offers(Method::Passkey) && !all.offers(Method::Mynaapp));
    let one = Config::load(&with(&[("MADOGUCHI_WAYS_IN", "email_code")])).unwrap();
    assert!(one.offers(Method::EmailCode) && !one.offers(Method::Passkey));
    for none in ["passkey", "counter", "email_code,fax", "email_code,mynaapp"] {
        assert!(refused(&with(&[("MADOGUCHI_WAYS_IN", none)])).contains("MADOGUCHI_WAYS_IN: "), "{none}");
    }
}

#[test]
fn a_number_is_sealed_only_by_a_program_that_can() {
    assert_eq!(Config::load(&with(&[])).unwrap().my_number, MyNumber::Counter);
    assert_eq!(Config::load(&with(&[("MADOGUCHI_MY_NUMBER", "off")])).unwrap().my_number, MyNumber::Off);
    assert!(refused(&with(&[("MADOGUCHI_MY_NUMBER", "plain")])).contains("MADOGUCHI_MY_NUMBER: expected"));
    let sealed =
        with(&[("MADOGUCHI_MY_NUMBER", "sealed"), ("MADOGUCHI_MY_NUMBER_FORMS", "pregnancy_notification,own")]);
    if crate::assets::SEAL_NUMBER.is_some() {
        let config = Config::load(&sealed).unwrap();
        assert_eq!((config.my_number, config.my_number_forms.len()), (MyNumber::Sealed, 2));
        assert_eq!(Config::load(&demo(&[])).unwrap().my_number, MyNumber::Sealed);
    } else {
        assert!(refused(&sealed).contains("MADOGUCHI_MY_NUMBER: this program was built without"));
        assert_eq!(Config::load(&demo(&[])).unwrap().my_number, MyNumber::Counter);
    }
}

#[test]
fn papers_are_scanned_unless_off_is_asked_for_by_name() {
    assert!(Config::load(&with(&[])).unwrap().scanner.is_on());
    assert!(!Config::load(&with(&[("MADOGUCHI_CLAMD", "off")])).unwrap().scanner.is_on());
    assert!(!Config::load(&demo(&[])).unwrap().scanner.is_on());
    assert!(refused(&with(&[("MADOGUCHI_CLAMD", "")])).contains("MADOGUCHI_CLAMD: is missing"));
    assert!(refused(&with(&[("MADOGUCHI_CLAMD", "clamd.example:3310")])).contains("MADOGUCHI_CLAMD: expected"));
}

#[test]
fn each_fault_is_named_and_its_value_is_not() {
    for (variable, value) in [
        ("MADOGUCHI_LISTEN", "s3cret-host"),
        ("MADOGUCHI_PUBLIC_URL", "https://s3cret.example/path"),
        ("MADOGUCHI_PUBLIC_URL", "http://s3cret.example"),
        ("MADOGUCHI_STAFF_URL", ""),
        ("MADOGUCHI_SMTP_URL", "smtp://portal:s3cret@relay.example"),
        ("MADOGUCHI_SMTP_URL", ""),
        ("MADOGUCHI_MAIL_FROM", "s3cret"),
        ("MADOGUCHI_MUNICIPALITY_CODE", "131017"),
        ("MADOGUCHI_MUNICIPALITY_PHONE", "s3cret"),
        ("MADOGUCHI_DATABASE_URL", "mysql://s3cret@db"),
        ("MADOGUCHI_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("MADOGUCHI_ONE_ADDRESS", "s3cret"),
        ("MADOGUCHI_METRICS_LISTEN", "127.0.0.1:8080"),
        ("MADOGUCHI_LOG", "server=s3cret"),
        ("MADOGUCHI_LOCALES", "ja,s3cret"),
        ("MADOGUCHI_LOCALES", "en-GB"),
        ("MADOGUCHI_MASTER_KEY_FILE", " "),
    ] {
        let text = refused(&with(&[(variable, value)]));
        assert!(text.starts_with(&format!("{variable}: ")), "{variable}: {text}");
        assert!(!text.contains("s3cret"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn plain_http_beyond_loopback_needs_a_proxy_by_name() {
    assert!(refused(&with(&[("MADOGUCHI_LISTEN", "0.0.0.0:80")])).contains("MADOGUCHI_LISTEN: plain HTTP"));
    let behind = with(&[("MADOGUCHI_LISTEN", "0.0.0.0:80"), ("MADOGUCHI_TRUSTED_PROXIES", "10.0.0.0/8, ::1")]);
    let config = Config::load(&behind).unwrap();
    assert!(config.trusts_proxy("10.9.9.9".parse().unwrap()));
    assert!(config.trusts_proxy("::ffff:10.9.9.9".parse().unwrap()));
    assert!(!config.trusts_proxy("11.0.0.1".parse().unwrap()));
}

#[test]
fn one_address_is_asked_for_by_name() {
    let same = ("MADOGUCHI_STAFF_LISTEN", "127.0.0.1:8080");
    assert!(refused(&with(&[same])).starts_with("MADOGUCHI_ONE_ADDRESS: planes share"));
    let config = Config::load(&with(&[("MADOGUCHI_ONE_ADDRESS", "true")])).unwrap();
    assert_eq!(config.listeners().len(), 1);
    let apart = with(&[("MADOGUCHI_ONE_ADDRESS", "true"), ("MADOGUCHI_HANDOVER_LISTEN", "127.0.0.1:9")]);
    assert!(refused(&apart).starts_with("MADOGUCHI_ONE_ADDRESS: is `true`"));
}

#[test]
fn the_languages_are_named_and_japanese_is_always_among_them() {
    let codes = |changes: &[(&str, &str)]| -> Vec<&str> {
        Config::load(&with(changes)).unwrap().locales.iter().map(|locale| locale.code()).collect()
    };
    assert_eq!(codes(&[]), ["ja", "ja-easy", "en"]);
    assert_eq!(codes(&[("MADOGUCHI_LOCALES", " vi , en")]), ["ja", "en", "vi"]);
    let all = "ja,ja-easy,en,zh-Hans,vi,pt,ne,fil";
    assert_eq!(codes(&[("MADOGUCHI_LOCALES", all)]).join(","), all);
    assert!(
        refused(&with(&[("MADOGUCHI_LOCALES", "en,xx")])).contains("out of ja, ja-easy, en, zh-Hans, vi, pt, ne, fil")
    );
}

const PROVIDER: [(&str, &str); 3] = [
    ("MADOGUCHI_OIDC_ISSUER", "https://auth-and-sign.go.jp/api/realms/main"),
    ("MADOGUCHI_OIDC_CLIENT_ID", "city"),
    ("MADOGUCHI_OIDC_KEY_FILE", "/etc/madoguchi/oidc.pem"),
];

#[test]
fn a_provider_is_set_whole_or_not_at_all() {
    assert!(Config::load(&with(&[])).unwrap().oidc.is_none());
    let set = Config::load(&with(&PROVIDER)).unwrap().oidc.unwrap();
    assert_eq!((set.issuer.as_str(), set.acr.as_str()), ("https://auth-and-sign.go.jp/api/realms/main", "aal3 crl"));
    assert_eq!(set.issuer.origin().origin(), "https://auth-and-sign.go.jp");
    for (missing, _) in PROVIDER {
        let rest: Vec<_> = PROVIDER.into_iter().filter(|(name, _)| *name != missing).collect();
        assert!(refused(&with(&rest)).starts_with(&format!("{missing}: is missing")), "{missing}");
    }
}

#[test]
fn a_practice_provider_is_for_the_demo_only() {
    let issuer = |text: &'static str| [("MADOGUCHI_OIDC_ISSUER", text), PROVIDER[1], PROVIDER[2]];
    for (text, problem) in [
        ("http://127.0.0.1:9/api/realms/main", "is this machine"),
        ("https://localhost/api/realms/main", "is this machine"),
        ("http://[::1]:9", "is this machine"),
        ("http://127.0.0.2:9/api/realms/main", "is this machine"),
        ("http://auth-and-sign.go.jp/api/realms/main", "must begin with https"),
        ("https://auth-and-sign.go.jp/", "expected an address"),
        ("https://auth-and-sign.go.jp/a?b=c", "expected an address"),
        ("https://user@auth-and-sign.go.jp/a", "expected an address"),
        ("auth-and-sign.go.jp", "expected an address"),
    ] {
        let text = (text, refused(&with(&issuer(text))));
        assert!(text.1.starts_with(&format!("MADOGUCHI_OIDC_ISSUER: {problem}")), "{text:?}");
    }
    let practised = Config::load(&demo(&issuer("http://127.0.0.1:9/api/realms/main"))).unwrap();
    assert!(practised.oidc.is_some());
}

const STAFF_PROVIDER: [(&str, &str); 5] = [
    ("MADOGUCHI_STAFF_OIDC_ISSUER", "https://login.city.example.jp/realms/city"),
    ("MADOGUCHI_STAFF_OIDC_CLIENT_ID", "madoguchi"),
    ("MADOGUCHI_STAFF_OIDC_KEY_FILE", "/etc/madoguchi/staff-oidc.pem"),
    ("MADOGUCHI_STAFF_OIDC_GROUPS", "boshi=clerk, /hoken/shi = nurse"),
    ("MADOGUCHI_STAFF_OIDC_PERSON", "employee_number"),
];

#[test]
fn the_citys_own_provider_is_set_whole_with_groups_and_person_and_is_never_the_practice_one() {
    assert!(Config::load(&with(&[])).unwrap().staff_provider.is_none());
    let set = Config::load(&with(&STAFF_PROVIDER)).unwrap().staff_provider.unwrap();
    let groups: Vec<_> = set.groups.iter().map(|one| (one.group.as_str(), one.roles.to_string())).collect();
    assert_eq!(groups, [("boshi", "clerk".to_owned()), ("/hoken/shi", "nurse".to_owned())]);
    assert_eq!((set.person_claim.as_str(), set.oidc.acr.as_str()), ("employee_number", ""));
    for (missing, _) in STAFF_PROVIDER {
        let rest: Vec<_> = STAFF_PROVIDER.into_iter().filter(|(name, _)| *name != missing).collect();
        assert!(refused(&with(&rest)).starts_with(&format!("{missing}: is missing")), "{missing}");
    }
    for (key, value, problem) in [
        ("MADOGUCHI_STAFF_OIDC_ISSUER", "http://127.0.0.2:8080/api/realms/staff", "is this machine"),
        ("MADOGUCHI_STAFF_OIDC_ISSUER", "http://login.city.example.jp/realms/city", "must begin with https"),
        ("MADOGUCHI_STAFF_OIDC_GROUPS", "boshi=mayor", "expected GROUP=ROLE"),
    ] {
        let changed: Vec<_> = STAFF_PROVIDER.map(|(name, old)| (name, if name == key { value } else { old })).to_vec();
        assert!(refused(&with(&changed)).starts_with(&format!("{key}: {problem}")), "{key} {value}");
    }
}

#[test]
fn a_slip_of_the_pen_is_noticed() {
    assert!(refused(&with(&[("MADOGUCHI_STAF_URL", "x")])).contains("is MADOGUCHI_STAFF_URL meant?"));
    let other = Config::load(&with(&[("MADOGUCHI_SOAK", "1")])).unwrap();
    assert_eq!(other.unused_variables, ["MADOGUCHI_SOAK"]);
}

#[test]
fn the_environment_goes_above_the_file_and_the_file_is_read_strictly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.toml");
    let file = |text: &str| {
        fs::write(&path, text).unwrap();
        Sources { file: Some(path.clone()), ..with(&[]) }
    };
    let config = Config::load(&file("listen = '127.0.0.1:7000'\nmunicipality_name = 'x'\n")).unwrap();
    assert_eq!((config.listen.port(), config.municipality.name.as_str()), (7000, "千代田区"));
    assert!(refused(&file("colour = 'red'\n")).contains("MADOGUCHI_COLOUR: is not a setting"));
    let broken = refused(&file("listen = '127.0.0.1:1'\nsmtp_url = 's3cret\n"));
    assert!(broken.contains("line 2") && !broken.contains("s3cret"), "{broken}");
}

#[test]
fn all_that_is_missing_is_said_at_once() {
    let text = refused(&Sources::default());
    for (variable, _) in
        GOOD.iter().filter(|(name, _)| !["MADOGUCHI_DATABASE_URL", "MADOGUCHI_MAIL_FROM"].contains(name))
    {
        assert!(text.contains(variable), "{variable} in {text}");
    }
}

#[test]
fn signatures_are_off_and_an_offer_names_authorities_lists_and_key() {
    assert!(Config::load(&with(&[])).unwrap().signing.is_none());
    assert!(Config::load(&demo(&[])).unwrap().signing.is_none());
    let alone = refused(&with(&[("MADOGUCHI_SIGNING", "offered")]));
    for missing in ["SIGNING_CA_DIR: is missing", "SIGNING_KEY_FILE: is missing", "SIGNING_STATUS: expected"] {
        assert!(alone.contains(missing), "{alone}");
    }
    let set = [
        ("MADOGUCHI_SIGNING", "offered"),
        ("MADOGUCHI_SIGNING_CA_DIR", "/etc/madoguchi/ca"),
        ("MADOGUCHI_SIGNING_KEY_FILE", "/etc/madoguchi/envelope.pem"),
        ("MADOGUCHI_SIGNING_STATUS", "crl:/etc/madoguchi/lists"),
    ];
    assert!(refused(&with(&set)).contains("MADOGUCHI_SIGNING: needs the provider"));
    let provider = [
        ("MADOGUCHI_OIDC_ISSUER", "https://provider.example/api/realms/main"),
        ("MADOGUCHI_OIDC_CLIENT_ID", "counter"),
        ("MADOGUCHI_OIDC_KEY_FILE", "/etc/madoguchi/oidc.pem"),
    ];
    let signing = Config::load(&with(&[&set[..], &provider[..]].concat())).unwrap().signing.unwrap();
    assert_eq!(signing.status, StatusSource::Lists("/etc/madoguchi/lists".into()));
    let practice = Config::load(&demo(&[("MADOGUCHI_SIGNING", "offered")])).unwrap().signing.unwrap();
    assert!(practice.ca_dir.ends_with("signing"));
}
