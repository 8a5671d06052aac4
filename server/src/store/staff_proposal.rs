//! 「職員のアカウント」 What somebody proposed about an account of the staff. Invariant: one proposal about each account, gone when it
//! was confirmed or taken back.

use intake::{
    access::Roles,
    ids::{StaffId, StaffProposalId},
    staff_change::Change,
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, sql};

sql! {
    // What somebody else proposed stays for as long as it waits.
    PROPOSE = "INSERT INTO staff_proposal (proposal_id, kind, staff_id, user_id, person_id, display_name, roles, proposed_by,
        created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (user_id) DO UPDATE SET proposal_id = $1, kind = $2, staff_id = $3, person_id = $5, display_name = $6,
        roles = $7, proposed_by = $8, created_at = $9, expires_at = $10
        WHERE staff_proposal.proposed_by = $8 OR staff_proposal.expires_at <= $9";
    OPEN = "SELECT proposal_id, kind, staff_id, user_id, person_id, display_name, roles, proposed_by, created_at, expires_at
        FROM staff_proposal WHERE expires_at > $1 ORDER BY created_at, proposal_id";
    TAKE = "DELETE FROM staff_proposal WHERE proposal_id = $1 AND expires_at > $2";
    DELETE_ABOUT = "DELETE FROM staff_proposal WHERE staff_id = $1";
    SWEEP = "DELETE FROM staff_proposal WHERE expires_at <= $1";
}

row! {
    /// A proposal that waits for the second person.
    #[derive(Clone, Debug)]
    pub struct Proposal {
        /// Its id: whoever confirms it has read this one.
        pub proposal_id: StaffProposalId,
        /// What is proposed.
        pub kind: Change,
        /// Who it is about; of a new member the id that she is going to have.
        pub staff_id: StaffId,
        /// What is typed to sign in.
        pub user_id: String,
        /// Which person a new member is.
        pub person_id: Option<String>,
        /// The name of a new member.
        pub display_name: Option<String>,
        /// The roles of a new member, or those to be had from now on.
        pub roles: Option<Roles>,
        /// Who said so first.
        pub proposed_by: StaffId,
        /// When.
        pub created_at: Instant,
        /// Until when it waits.
        pub expires_at: Instant,
    }
}

/// Keeps a proposal, in the place of an earlier one of the same person; false when another's waits.
///
/// # Errors
/// When the database fails, or who proposes is who it is about.
pub async fn propose(tx: &mut WriteTx, new: &Proposal) -> Result<bool, StoreError> {
    let kept = execute!(
        tx,
        PROPOSE,
        new.proposal_id.bytes().as_slice(),
        new.kind.as_str(),
        new.staff_id.bytes().as_slice(),
        &new.user_id,
        new.person_id.as_deref(),
        new.display_name.as_deref(),
        new.roles.map(|roles| roles.to_string()),
        new.proposed_by.bytes().as_slice(),
        new.created_at.micros(),
        new.expires_at.micros(),
    )?;
    Ok(kept == 1)
}

/// The proposals that wait.
///
/// # Errors
/// When the database fails.
pub async fn open(connection: &mut Connection, now: Instant) -> Result<Vec<Proposal>, StoreError> {
    all!(connection, Proposal, OPEN, now.micros())
}

/// Takes a proposal; false when it was taken, or is over.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut WriteTx, id: StaffProposalId, now: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, TAKE, id.bytes().as_slice(), now.micros())? == 1)
}

/// Removes what was proposed about an account.
///
/// # Errors
/// When the database fails.
pub async fn delete_about(tx: &mut WriteTx, of: StaffId) -> Result<(), StoreError> {
    execute!(tx, DELETE_ABOUT, of.bytes().as_slice()).map(drop)
}

/// Removes what nobody confirmed in time; how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, now: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, now.micros())
}
