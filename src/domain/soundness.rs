//! Whether the database file is what it was written to be. Only looking through
//! all of it tells; a process that ended in order is trusted without.

/// What is known of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Soundness {
    /// Closed in order the last time; nothing speaks against it.
    #[default]
    Trusted,
    /// It is being looked through.
    Looking,
    /// Looked through, and nothing is wrong.
    Sound,
    /// What is wrong, in the words of SQLite; at least one line.
    Damaged(Vec<String>),
    /// It could not be looked through, and why.
    Unknown(String),
}

impl Soundness {
    /// What was found first, of a file that is damaged.
    #[must_use]
    pub fn damage(&self) -> Option<&str> {
        match self {
            Self::Damaged(found) => Some(found.first().map_or("", String::as_str)),
            _ => None,
        }
    }

    /// Tells one from another, for polls.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Looking => "looking",
            Self::Sound => "sound",
            Self::Damaged(_) => "damaged",
            Self::Unknown(_) => "unknown",
        }
    }
}
