//! All prices in force, in three layers, and how the one for a request is
//! found. Overrides always win; below them the closer name wins, of two equally
//! close the seller that served, then the synced price. It does not compute; see [`super::bill`].

mod written;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::multiplier::{self, Multiplier};
use super::names::{Form, Pattern, Via, forms, spelling};
use super::price::Price;
use super::sellers;
use crate::domain::units::At;
use written::Written;

/// Where a price comes from; the first wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Set by the operator; no sync touches it.
    Override,
    /// Taken from a price source and applied by the operator or the schedule.
    Synced,
    /// Shipped with the program.
    BuiltIn,
}

/// One line of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// A model's name, or in the override layer a pattern with `*` and `?`.
    pub model: String,
    /// Who sells at this price; empty = whoever serves the model.
    pub seller: String,
    pub quote: Quote,
    /// `manual`, `models.dev`, `LiteLLM 1.109.1`.
    pub source: String,
    /// Since when it is known.
    pub as_of: At,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quote {
    Price(Price),
    /// Costs what another model costs. Only in the override layer.
    Like(String),
}

/// Which entry priced a request and how its name was met.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    pub layer: Layer,
    pub model: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seller: String,
    pub via: Via,
    /// The override that said "costs what this model costs", if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Override => "override",
            Self::Synced => "synced",
            Self::BuiltIn => "built-in",
        })
    }
}

/// `synced:gpt-5.5`, `built-in:vertex_ai/claude-opus-5`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.layer)?;
        if !self.seller.is_empty() {
            write!(f, "{}/", self.seller)?;
        }
        f.write_str(&self.model)
    }
}

/// Entries of one layer, indexed by every spelling they answer to.
#[derive(Debug, Default)]
pub struct List {
    entries: Vec<Entry>,
    plain: HashMap<String, Vec<usize>>,
    spelled: HashMap<String, Vec<usize>>,
    tails: HashMap<String, Vec<usize>>,
    patterns: Vec<(Pattern, usize)>,
}

impl List {
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut list = Self::default();
        for (at, entry) in entries.iter().enumerate() {
            let pattern = Pattern::new(&entry.model);
            if !pattern.is_plain() {
                list.patterns.push((pattern, at));
                continue;
            }
            let name = pattern.as_str();
            let index = |map: &mut HashMap<String, Vec<usize>>, key: String| {
                map.entry(key).or_default().push(at);
            };
            index(&mut list.plain, name.to_owned());
            index(&mut list.spelled, spelling(name));
            if let Some((_, tail)) = name.rsplit_once('/') {
                index(&mut list.tails, tail.to_owned());
            }
        }
        list.patterns
            .sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.weight()));
        list.entries = entries;
        list
    }

    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Of several sellers the one that served, then none in particular, else
    /// the model's maker.
    fn pick(&self, found: Option<&Vec<usize>>, provider: &str) -> Option<&Entry> {
        found?
            .iter()
            .filter_map(|at| self.entries.get(*at))
            .min_by_key(|entry| {
                let rank = sellers::rank(provider, &entry.seller);
                (rank, entry.seller.is_empty())
            })
    }

    fn plain(&self, form: &Form, provider: &str) -> Option<&Entry> {
        self.pick(self.plain.get(&form.name), provider)
    }

    fn spelled(&self, form: &Form, provider: &str) -> Option<&Entry> {
        self.pick(self.spelled.get(&spelling(&form.name)), provider)
    }

    fn tail(&self, form: &Form, provider: &str) -> Option<&Entry> {
        self.pick(self.tails.get(&form.name), provider)
    }

    fn preview(&self, form: &Form, provider: &str) -> Option<&Entry> {
        self.pick(self.plain.get(&format!("{}-preview", form.name)), provider)
    }

    fn pattern(&self, form: &Form) -> Option<&Entry> {
        let matched = self.patterns.iter().find(|(p, _)| p.matches(&form.name));
        matched.and_then(|(_, at)| self.entries.get(*at))
    }
}

/// The prices in force. Cheap to clone; a change makes a new book.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct PriceBook {
    overrides: Arc<List>,
    synced: Arc<List>,
    built_in: Arc<List>,
    pub(super) multipliers: Arc<[(Layer, Multiplier)]>,
    /// Every input length at which some price changes, ascending.
    steps: Arc<[i64]>,
}

/// An entry and the way to it.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    pub entry: &'a Entry,
    pub price: &'a Price,
    pub rule: Rule,
}

impl PriceBook {
    /// The operator's entries and multipliers over the built-in ones.
    #[must_use]
    pub fn new(overrides: Vec<Entry>, synced: Vec<Entry>, own: Vec<Multiplier>) -> Self {
        Self::of(overrides, synced, super::builtin::list(), own)
    }

    /// Nothing but what ships with the program.
    #[must_use]
    pub fn built_in() -> Self {
        Self::new(Vec::new(), Vec::new(), Vec::new())
    }

    pub(super) fn of(
        overrides: Vec<Entry>,
        synced: Vec<Entry>,
        built_in: Arc<List>,
        own: Vec<Multiplier>,
    ) -> Self {
        let own = own.into_iter().map(|m| (Layer::Override, m));
        let shipped = multiplier::built_in()
            .into_iter()
            .map(|m| (Layer::BuiltIn, m));
        Self::assembled(
            Arc::new(List::new(overrides)),
            Arc::new(List::new(synced)),
            built_in,
            own.chain(shipped).collect(),
        )
    }

    fn assembled(
        overrides: Arc<List>,
        synced: Arc<List>,
        built_in: Arc<List>,
        multipliers: Arc<[(Layer, Multiplier)]>,
    ) -> Self {
        let mut book = Self {
            overrides,
            synced,
            built_in,
            multipliers,
            steps: Arc::default(),
        };
        book.steps = book.find_steps();
        book
    }

    fn find_steps(&self) -> Arc<[i64]> {
        let lists = [&self.overrides, &self.synced, &self.built_in];
        let prices = lists.into_iter().flat_map(|list| list.entries());
        let in_prices = prices.flat_map(|entry| match &entry.quote {
            Quote::Price(price) => price.steps(),
            Quote::Like(_) => Vec::new(),
        });
        let in_multipliers = self.multipliers.iter().filter_map(|(_, m)| m.when.step());
        let steps: BTreeSet<i64> = in_prices.chain(in_multipliers).collect();
        steps.into_iter().collect()
    }

    /// Requests alike in all but their counts have the same terms as long as
    /// their inputs lie between the same two steps.
    #[must_use]
    pub fn step(&self, input: i64) -> usize {
        self.steps.partition_point(|step| *step < input)
    }

    #[must_use]
    pub fn layer(&self, layer: Layer) -> &[Entry] {
        match layer {
            Layer::Override => self.overrides.entries(),
            Layer::Synced => self.synced.entries(),
            Layer::BuiltIn => self.built_in.entries(),
        }
    }

    #[must_use]
    pub fn multipliers(&self) -> &[(Layer, Multiplier)] {
        &self.multipliers
    }

    /// The price of a model as a provider serves it, and the rule that matched.
    #[must_use]
    pub fn find(&self, model: &str, provider: &str) -> Option<Found<'_>> {
        self.find_below(&forms(model), provider, true)
    }

    /// What would hold if there were no override.
    #[must_use]
    pub fn find_listed(&self, model: &str, provider: &str) -> Option<Found<'_>> {
        self.find_below(&forms(model), provider, false)
    }

    /// Whether a model costs the same by both, whatever is asked of it and
    /// whichever account serves it; where it cannot be told, it does not.
    #[must_use]
    pub fn same_for(&self, other: &Self, model: &str, provider: &str) -> bool {
        let names = forms(model);
        let price = |book: &Self| Some(book.find_below(&names, provider, true)?.price.clone());
        let factors = |book: &Self| -> Vec<(Layer, Multiplier)> {
            let all = book.multipliers.iter();
            let matching = all.filter(|(_, m)| multiplier::is_of(m, &names));
            matching.cloned().collect()
        };
        price(self) == price(other) && factors(self) == factors(other)
    }

    pub(super) fn find_below(
        &self,
        names: &[Form],
        provider: &str,
        overrides: bool,
    ) -> Option<Found<'_>> {
        if overrides && let Some((entry, via)) = self.overridden(names, provider) {
            return match &entry.quote {
                Quote::Price(price) => Some(found(entry, price, Layer::Override, via)),
                Quote::Like(model) => {
                    let mut found = self.like(model, provider)?;
                    found.rule.like = Some(entry.model.clone());
                    Some(found)
                }
            };
        }
        self.listed(names, provider)
    }

    /// The model that another is to cost like: its override or its list price,
    /// but not a second "costs like".
    fn like(&self, model: &str, provider: &str) -> Option<Found<'_>> {
        let names = forms(model);
        match self.overridden(&names, provider) {
            Some((entry, via)) => match &entry.quote {
                Quote::Price(price) => Some(found(entry, price, Layer::Override, via)),
                Quote::Like(_) => self.listed(&names, provider),
            },
            None => self.listed(&names, provider),
        }
    }

    fn overridden(&self, names: &[Form], provider: &str) -> Option<(&Entry, Via)> {
        let list = &self.overrides;
        let plain = || first(names, |form| Some((list.plain(form, provider)?, form.via)));
        let spelled = || {
            first(names, |form| {
                Some((list.spelled(form, provider)?, Via::Spelling))
            })
        };
        let pattern = || first(names, |form| Some((list.pattern(form)?, Via::Pattern)));
        plain().or_else(spelled).or_else(pattern)
    }

    fn listed<'a>(&'a self, names: &[Form], provider: &str) -> Option<Found<'a>> {
        let lists = [
            (Layer::Synced, &self.synced),
            (Layer::BuiltIn, &self.built_in),
        ];
        let meet = |form: &Form, via: Via, look: Look| {
            let entries = lists
                .iter()
                .filter_map(|(layer, list)| Some((*layer, look(list, form, provider)?)));
            // The seller that served, then the synced list before the shipped one.
            let (layer, entry) = entries
                .min_by_key(|(layer, entry)| (sellers::rank(provider, &entry.seller), *layer))?;
            match &entry.quote {
                Quote::Price(price) => Some(found(entry, price, layer, via)),
                Quote::Like(_) => None,
            }
        };
        first(names, |form| meet(form, form.via, List::plain))
            .or_else(|| first(names, |form| meet(form, Via::Spelling, List::spelled)))
            .or_else(|| first(names, |form| meet(form, Via::ListPrefix, List::tail)))
            .or_else(|| first(names, |form| meet(form, Via::Preview, List::preview)))
    }
}

type Look = for<'l> fn(&'l List, &Form, &str) -> Option<&'l Entry>;

fn first<'a, T>(names: &'a [Form], look: impl Fn(&'a Form) -> Option<T>) -> Option<T> {
    names.iter().find_map(look)
}

fn found<'a>(entry: &'a Entry, price: &'a Price, layer: Layer, via: Via) -> Found<'a> {
    Found {
        entry,
        price,
        rule: Rule {
            layer,
            model: entry.model.clone(),
            seller: entry.seller.clone(),
            via,
            like: None,
        },
    }
}
