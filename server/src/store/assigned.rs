//! 「担当」 What somebody holds. Invariant: no content, and only of the compartments that who asks may know of.

use intake::{
    form::Compartment,
    ids::{FormId, ReceiptNumber, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, all, columns::row, sql};

sql! {
    OF_HOLDER = "SELECT receipt_number, form_id, compartment, filed_at FROM case_file
        WHERE holder = $1 AND ('' || stage) = 'in_review' ORDER BY filed_at, case_id LIMIT 200";
}

row! {
    /// A case that somebody holds.
    #[derive(Clone, Debug)]
    pub struct Assigned {
        /// 「受付番号」
        pub receipt_number: ReceiptNumber,
        /// The form.
        pub form_id: FormId,
        /// Who of the staff may know of it.
        pub compartment: Compartment,
        /// When it arrived.
        pub filed_at: Instant,
    }
}

/// What somebody holds, the oldest filing first.
///
/// # Errors
/// When the database fails.
pub async fn of_holder(connection: &mut Connection, holder: StaffId) -> Result<Vec<Assigned>, StoreError> {
    all!(connection, Assigned, OF_HOLDER, holder.bytes().as_slice())
}
