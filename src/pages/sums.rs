//! One ruled line of figures: label, figure, note, and a real trend where
//! there is one. Every sum that has rows behind it is a link to them.

/// One figure of the line.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    pub label: &'static str,
    pub figure: String,
    /// Said after the figure, quieter.
    pub unit: &'static str,
    /// The exact value of a shortened figure; empty otherwise.
    pub exact: String,
    /// Empty = there are no rows to open.
    pub href: String,
    /// A drawn trend and what it says; empty without one.
    pub spark: String,
    pub spark_title: String,
    pub spark_class: &'static str,
    pub note: String,
    pub bad: bool,
}
