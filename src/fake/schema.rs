//! What values a configuration may hold, as tables of fields in the order of
//! the answer. [`json`] and [`yaml`] read and write them as Go's struct tags do.

pub(super) mod json;
pub(super) mod yaml;

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Bool,
    Int,
    /// A number that may be missing, which is different from 0.
    MaybeInt,
    MaybeBool,
    Str,
    /// Nanoseconds in JSON, `1m30s` in YAML.
    Duration,
    /// `true`, `false` or a word.
    Switch,
    Struct(&'static [Field]),
    /// One that may be missing as a whole.
    MaybeStruct(&'static [Field]),
    List(&'static Kind),
    /// By name; names are sorted when written.
    Map(&'static Kind),
    /// Whatever it is.
    Any,
}

/// When a field is left out of a JSON answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Omit {
    Never,
    /// Go's `omitempty`.
    Empty,
    /// Read and kept, never answered.
    Always,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    pub(super) omit: Omit,
    /// What the loader assumes when the key is missing; JSON text.
    pub(super) default: Option<&'static str>,
    /// The JSON name where it differs from the YAML one.
    pub(super) json: Option<&'static str>,
}

pub(super) const fn field(key: &'static str, kind: Kind) -> Field {
    Field {
        key,
        kind,
        omit: Omit::Never,
        default: None,
        json: None,
    }
}

impl Field {
    pub(super) const fn optional(mut self) -> Self {
        self.omit = Omit::Empty;
        self
    }

    pub(super) const fn hidden(mut self) -> Self {
        self.omit = Omit::Always;
        self
    }

    pub(super) const fn default(mut self, json: &'static str) -> Self {
        self.default = Some(json);
        self
    }

    pub(super) const fn json(mut self, name: &'static str) -> Self {
        self.json = Some(name);
        self
    }

    /// Whether Go's `omitempty` leaves it out of this struct.
    fn is_absent(&self, of: &Value) -> bool {
        match self.kind {
            Kind::MaybeInt | Kind::MaybeBool => *of.get(self.key) == Value::Null,
            _ => of.get(self.key).is_empty(),
        }
    }

    fn json_name(&self) -> &'static str {
        self.json.unwrap_or(self.key)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Str(String),
    List(Vec<Value>),
    /// A struct in the order of its table, or a map in the order it was given.
    Map(Vec<(String, Value)>),
}

impl Value {
    pub(super) fn get(&self, key: &str) -> &Value {
        match self {
            Self::Map(entries) => entries
                .iter()
                .find(|(k, _)| k == key)
                .map_or(&Self::Null, |(_, value)| value),
            _ => &Self::Null,
        }
    }

    /// Sets or adds; on anything but a map, nothing happens.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        if let Self::Map(entries) = self {
            match entries.iter_mut().find(|(k, _)| k == key) {
                Some((_, old)) => *old = value,
                None => entries.push((key.to_owned(), value)),
            }
        }
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        match self {
            Self::Map(entries) => entries.iter_mut().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    pub(super) fn str(&self) -> &str {
        match self {
            Self::Str(text) => text,
            _ => "",
        }
    }

    pub(super) fn int(&self) -> i64 {
        match self {
            Self::Int(number) => *number,
            _ => 0,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        *self == Self::Bool(true)
    }

    pub(super) fn list(&self) -> &[Value] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn entries(&self) -> &[(String, Value)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Go's zero value.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) | Self::Int(0) => true,
            Self::Bool(true) | Self::Int(_) => false,
            Self::Str(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
        }
    }
}

/// The value of a missing key.
fn zero(kind: Kind) -> Value {
    match kind {
        Kind::Bool | Kind::Switch => Value::Bool(false),
        Kind::Int | Kind::Duration => Value::Int(0),
        Kind::Str => Value::Str(String::new()),
        Kind::Struct(fields) => Value::Map(
            fields
                .iter()
                .map(|field| (field.key.to_owned(), missing(field)))
                .collect(),
        ),
        Kind::MaybeInt
        | Kind::MaybeBool
        | Kind::MaybeStruct(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Any => Value::Null,
    }
}

fn missing(field: &Field) -> Value {
    let default = field
        .default
        .and_then(|text| serde_json::from_str(text).ok());
    match default {
        Some(default) => json::read(field.kind, &default).unwrap_or_else(|| zero(field.kind)),
        None => zero(field.kind),
    }
}
