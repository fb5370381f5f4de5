//! What is measured on the usage pages: what a chart draws, and what a table of
//! sums is ordered by. The names are those of the query string.

/// What a chart or the heat map shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Metric {
    #[default]
    Requests,
    Tokens,
    Cost,
    Latency,
    Ttft,
    Speed,
    Failed,
}

impl Metric {
    pub const ALL: [Self; 7] = [
        Self::Requests,
        Self::Tokens,
        Self::Cost,
        Self::Latency,
        Self::Ttft,
        Self::Speed,
        Self::Failed,
    ];

    /// As the query string names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Cost => "cost",
            Self::Latency => "latency",
            Self::Ttft => "ttft",
            Self::Speed => "speed",
            Self::Failed => "failed",
        }
    }

    /// Whether it is a quantile, not a sum.
    #[must_use]
    pub fn is_timed(self) -> bool {
        matches!(self, Self::Latency | Self::Ttft | Self::Speed)
    }
}

/// Columns a table of sums is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SumBy {
    Name,
    Requests,
    Failed,
    Success,
    Input,
    Cached,
    Output,
    Latency,
    Ttft,
    Speed,
    Cost,
}

impl SumBy {
    pub const ALL: [Self; 11] = [
        Self::Name,
        Self::Requests,
        Self::Failed,
        Self::Success,
        Self::Input,
        Self::Cached,
        Self::Output,
        Self::Latency,
        Self::Ttft,
        Self::Speed,
        Self::Cost,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Requests => "requests",
            Self::Failed => "failed",
            Self::Success => "success",
            Self::Input => "input",
            Self::Cached => "cached",
            Self::Output => "output",
            Self::Latency => "latency",
            Self::Ttft => "ttft",
            Self::Speed => "speed",
            Self::Cost => "cost",
        }
    }
}

/// An order of a table of sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SumSort {
    pub by: SumBy,
    pub descending: bool,
}

impl SumSort {
    /// The name of a column; `-` before it turns the order round.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, descending) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => (text, false),
        };
        let by = SumBy::ALL.into_iter().find(|by| by.name() == name)?;
        Some(Self { by, descending })
    }
}
