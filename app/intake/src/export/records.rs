//! The record list (別添1 of the assessment document): number and name of every item. Invariant: what stands here is
//! `testdata/record-items.csv`, which the tests of the catalog use as well.

const LIST: &str = include_str!("../../testdata/record-items.csv");

/// An item of the record list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordItem {
    /// Its number, such as `3` or `26b`.
    pub no: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// The items of a record, such as 妊娠届, in the order of the list; empty for a record of the city's own.
#[must_use]
pub fn of_record(record: &str) -> Vec<RecordItem> {
    LIST.lines()
        .skip(1)
        .filter_map(|line| {
            let mut cells = line.trim_end().split(',');
            let (of, no, name) = (cells.next()?, cells.next()?, cells.next()?);
            (of == record).then_some(RecordItem { no, name })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_every_item_of_the_three_records() {
        assert_eq!(of_record("妊娠届").len(), 20);
        assert_eq!(of_record("妊娠届")[2], RecordItem { no: "3", name: "出産予定日" });
        let questionnaire = of_record("妊娠届アンケート");
        assert!(questionnaire.contains(&RecordItem { no: "26b", name: "飲酒" }));
        assert!(!of_record("EPDS").is_empty());
        assert!(of_record("市の独自様式").is_empty());
        assert!(!LIST.contains('"'), "a quoted cell would be cut in two");
    }
}
