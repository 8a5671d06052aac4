//! Settings of an OpenID provider. Invariant: without the demo an [`Issuer`] is reached by TLS and is not this machine, so that
//! no practice provider stands where people's cards are read.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use intake::groups::GroupRoles;

use super::{
    address::{NotAnAddress, PublicUrl},
    settings::{Faults, Values},
};

/// 「デジタル認証アプリサービス」 A provider, and who this installation is to it.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// Its name, to which every token is compared.
    pub issuer: Issuer,
    /// Our name there.
    pub client_id: String,
    /// The private key that proves it: PKCS#8 in PEM, P-256.
    pub key_file: PathBuf,
    /// `acr_values`: how the person is to be authenticated. The first word must stand in what the provider says of it.
    pub acr: String,
    /// How long the provider may take for an answer.
    pub patience: Duration,
}

/// The keys of the four settings.
pub(super) struct Keys {
    pub issuer: &'static str,
    pub client_id: &'static str,
    pub key_file: &'static str,
    pub acr: &'static str,
}

/// Those of the parents' provider.
pub(super) const OF_PARENTS: Keys =
    Keys { issuer: "oidc_issuer", client_id: "oidc_client_id", key_file: "oidc_key_file", acr: "oidc_acr" };

/// 「共通基盤」 Those of the staff's.
pub(super) const OF_STAFF: Keys = Keys {
    issuer: "staff_oidc_issuer",
    client_id: "staff_oidc_client_id",
    key_file: "staff_oidc_key_file",
    acr: "staff_oidc_acr",
};

/// How long a provider may take for an answer.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// All of them or none.
pub(super) fn provider(values: &Values, keys: &Keys, acr: &str, demo: bool, faults: &mut Faults) -> Option<Oidc> {
    let three = [keys.issuer, keys.client_id, keys.key_file];
    let given = three.map(|key| values.text(key).is_some());
    if given == [false; 3] {
        return None;
    }
    for (key, _) in three.iter().zip(given).filter(|(_, given)| !given) {
        faults.add(key, "is missing: a provider needs its issuer, our client id and our key file together");
    }
    let issuer: Option<Issuer> = values.parsed(keys.issuer, ISSUER, faults);
    if let Some(issuer) = &issuer
        && !demo
    {
        if issuer.origin().is_loopback() {
            faults.add(keys.issuer, "is this machine: a practice provider is for the demo only");
        } else if !issuer.origin().is_https() {
            faults.add(keys.issuer, "must begin with https://");
        }
    }
    let client_id = values.text(keys.client_id)?;
    // 「client_id」 [0-9a-zA-Z] by the documents of the service; other providers also use hyphens.
    if client_id.len() > 255 || !client_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        faults.add(keys.client_id, "expected at most 255 letters, digits, hyphens, dots or underscores");
    }
    let acr = values.text(keys.acr).unwrap_or(acr);
    if !acr.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        faults.add(keys.acr, "expected words such as aal3 crl");
    }
    Some(Oidc {
        issuer: issuer?,
        client_id: client_id.to_owned(),
        key_file: PathBuf::from(values.text(keys.key_file)?),
        acr: acr.to_owned(),
        patience: PATIENCE,
    })
}

const ISSUER: &str = "an address without a slash at its end, such as https://auth-and-sign.go.jp/api/realms/main";

/// 「共通基盤」 The city's own provider, which signs staff in.
#[derive(Clone, Debug)]
pub struct StaffProvider {
    /// The provider. Its `acr` is what says that there were two factors; empty when the provider does not say so.
    pub oidc: Oidc,
    /// Which group gives which roles.
    pub groups: Vec<GroupRoles>,
    /// The claim that names the person, such as the number of the employee.
    pub person_claim: String,
}

/// All of it or none: without the person nobody could tell two accounts of one apart.
pub(super) fn staff_provider(values: &Values, demo: bool, faults: &mut Faults) -> Option<StaffProvider> {
    let oidc = provider(values, &OF_STAFF, "", demo, faults)?;
    let groups = values.list("staff_oidc_groups", "GROUP=ROLE, separated by commas, such as boshi=clerk", faults);
    if groups.is_empty() {
        faults.add("staff_oidc_groups", "is missing: which group gives which role, such as boshi=clerk");
    }
    let person_claim = values.text("staff_oidc_person").unwrap_or_default().to_owned();
    if person_claim.is_empty() {
        faults.add(
            "staff_oidc_person",
            "is missing: the claim that names the person, as person_id of local accounts does",
        );
    }
    Some(StaffProvider { oidc, groups, person_claim })
}

/// The name of a provider: an address, compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    origin: PublicUrl,
}

impl Issuer {
    /// As it stands in tokens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port.
    #[must_use]
    pub const fn origin(&self) -> &PublicUrl {
        &self.origin
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Issuer {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (scheme, rest) = text.split_once("://").ok_or(NotAnAddress)?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let of_a_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
        if text.len() > 255 || text.ends_with('/') || path.contains("//") || !path.bytes().all(of_a_path) {
            return Err(NotAnAddress);
        }
        Ok(Self { text: text.to_owned(), origin: format!("{scheme}://{authority}").parse()? })
    }
}
