//! Which events have a cost, lack one for a reason, or are priced under a name.
//! Told from the columns alone: which rule priced an event is not among them.

use super::{Ids, Predicate, Test};
use crate::domain::filter::Cost;
use crate::domain::pricing::NAMELESS;
use crate::store::names::{Kind, Names};
use crate::store::scan::columns::{Column, UNKNOWN};

/// Buckets of tokens without which no request has a cost.
const BUCKETS: [Column; 5] = [
    Column::Uncached,
    Column::CacheRead,
    Column::CacheWrite,
    Column::Output,
    Column::Reasoning,
];

pub(super) fn tests(cost: Cost) -> Vec<Test> {
    let known = |column| Test::Between(column, UNKNOWN + 1, i64::MAX);
    let unknown = |column| Test::Between(column, UNKNOWN, UNKNOWN);
    let mut tests = vec![unknown(Column::Cost)];
    match cost {
        Cost::Known => tests = vec![known(Column::Cost)],
        Cost::None => {}
        Cost::NoPrice => tests.extend(BUCKETS.map(known)),
        Cost::NoCount => tests.push(Test::Any(BUCKETS.map(unknown).into())),
    }
    tests
}

impl Predicate {
    /// Wants the events that are priced under one of these names: that of the
    /// executed model or, where that is not known, the alias.
    pub(in crate::store) fn priced_as(names: &Names, wanted: &[String]) -> Self {
        let dictionary = names.read();
        let ids = |kind, texts: &[&str]| -> Ids {
            let known = texts.iter().filter_map(|text| dictionary.id(kind, text));
            known.collect()
        };
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let or_nameless = [wanted.as_slice(), &NAMELESS].concat();
        let executed = Test::In(Column::Model, ids(Kind::Model, &wanted));
        let asked = Test::In(Column::Alias, ids(Kind::Alias, &wanted));
        Self {
            tests: vec![
                Test::In(Column::Model, ids(Kind::Model, &or_nameless)),
                Test::Any(vec![executed, asked]),
            ],
            negated: false,
            newest: Some(names.newest().clone()),
        }
    }
}
