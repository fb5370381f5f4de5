//! What a sync would change: candidates of the sources against the models in
//! use. Only a unique hit under the name becomes a change; anything less sure
//! is offered as a choice. Nothing is applied here, overrides are never touched.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::book::{Entry, Layer, PriceBook};
use super::names::{Form, Via, forms, spelling};
use super::price::Price;
use super::sellers;
use super::sources::{Candidate, Source};

/// A model in use and a provider that serves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wanted {
    pub model: String,
    pub provider: String,
}

/// What each source answered; `None` = it failed, and what it priced before
/// is kept.
pub type Answers = Vec<(Source, Option<Vec<Candidate>>)>;

/// A price that would enter the synced layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    pub model: String,
    pub seller: String,
    /// The list price that holds now, and its layer.
    pub old: Option<(Layer, Price)>,
    pub new: Price,
    pub source: Source,
    /// The name in the source.
    pub id: String,
    /// How sure it is that the source means this model, in percent.
    pub confidence: u8,
    /// An override holds for this model and goes on holding.
    pub overridden: bool,
}

/// A model that several entries of the sources might mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub model: String,
    /// The likeliest first, at most [`OPTIONS`].
    pub options: Vec<PriceChange>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub changes: Vec<PriceChange>,
    pub choices: Vec<Choice>,
    /// In no source under any similar name.
    pub unmatched: Vec<String>,
    /// Priced by a source that failed this time.
    pub kept: Vec<String>,
    /// Found, and priced as now.
    pub unchanged: usize,
    /// Sources of which no list is in hand: what is unmatched may be in them.
    #[serde(default)]
    pub silent: Vec<Source>,
}

/// What of a plan is to be applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Indices of [`Plan::changes`].
    pub changes: Vec<usize>,
    /// Indices of [`Plan::choices`], and of the option taken.
    pub choices: Vec<(usize, usize)>,
}

impl Plan {
    /// What is left to decide once these are applied; `None` = nothing.
    #[must_use]
    pub fn without(self, chosen: &Chosen) -> Option<Self> {
        let taken = |place: &usize| chosen.choices.iter().any(|(taken, _)| taken == place);
        let changes = left(self.changes, |place| chosen.changes.contains(place));
        let choices = left(self.choices, taken);
        (!changes.is_empty() || !choices.is_empty()).then_some(Self {
            changes,
            choices,
            ..self
        })
    }
}

fn left<T>(all: Vec<T>, taken: impl Fn(&usize) -> bool) -> Vec<T> {
    let all = all.into_iter().enumerate();
    let left = all.filter(|(place, _)| !taken(place));
    left.map(|(_, one)| one).collect()
}

/// Options offered for one model.
pub const OPTIONS: usize = 8;
/// From here on a unique hit is a change; below it is a choice.
const SURE: u8 = 90;
/// Below this a name is not even offered.
const FAINT: usize = 55;
/// Names in use come from clients; longer ones are not worth a price.
const LONGEST_NAME: usize = 200;

#[must_use]
pub fn plan(book: &PriceBook, wanted: &[Wanted], answers: &Answers) -> Plan {
    let lists: Vec<Index<'_>> = answers
        .iter()
        .map(|(source, candidates)| Index::new(*source, candidates.as_deref()))
        .collect();
    let silent = answers.iter().filter(|(_, list)| list.is_none());
    let mut plan = Plan {
        silent: silent.map(|(source, _)| *source).collect(),
        ..Plan::default()
    };
    let mut done = BTreeSet::new();
    for wanted in wanted {
        let model = bare(&wanted.model);
        if model.is_empty() || model.len() > LONGEST_NAME {
            continue;
        }
        let mut options = Vec::new();
        let outcome = lists
            .iter()
            .find_map(|list| list.decide(book, wanted, &mut options));
        match outcome {
            Some(Outcome::Kept) => plan.kept.push(model),
            Some(Outcome::Sure(hit)) => {
                let change = change(book, wanted, &hit);
                let key = (change.model.clone(), change.seller.clone());
                if !done.insert(key) {
                    continue;
                }
                if change
                    .old
                    .as_ref()
                    .is_some_and(|(_, old)| *old == change.new)
                {
                    plan.unchanged += 1;
                } else {
                    plan.changes.push(change);
                }
            }
            None if options.is_empty() => plan.unmatched.push(model),
            None => {
                options.sort_by_key(|hit| std::cmp::Reverse(hit.confidence));
                options.truncate(OPTIONS);
                let options = options.iter().map(|hit| change(book, wanted, hit));
                let options: Vec<PriceChange> = options.collect();
                if options.iter().any(|option| is_made(book, wanted, option)) {
                    plan.unchanged += 1;
                } else {
                    plan.choices.push(Choice { model, options });
                }
            }
        }
    }
    for names in [&mut plan.unmatched, &mut plan.kept] {
        names.sort();
        names.dedup();
    }
    plan.choices.dedup_by(|a, b| a.model == b.model);
    plan
}

/// Whether this choice was made before, and its source still says the same. By
/// whose name it was made is not kept: when its price moves and another option
/// of the same source now has the old one, nothing is asked.
fn is_made(book: &PriceBook, wanted: &Wanted, option: &PriceChange) -> bool {
    let held = book.find_listed(&wanted.model, &wanted.provider);
    held.is_some_and(|held| {
        held.rule.layer == Layer::Synced
            && Source::named(&held.entry.source) == Some(option.source)
            && *held.price == option.new
    })
}

/// A name in use as it is kept: without its thinking suffix.
fn bare(model: &str) -> String {
    let model = model.trim();
    match forms(model).iter().find(|form| form.via == Via::Suffix) {
        Some(form) => form.name.clone(),
        None => model.to_owned(),
    }
}

fn change(book: &PriceBook, wanted: &Wanted, hit: &Hit<'_>) -> PriceChange {
    let old = book.find_listed(&wanted.model, &wanted.provider);
    let used = book.find(&wanted.model, &wanted.provider);
    let candidate = hit.candidate;
    PriceChange {
        model: bare(&wanted.model),
        seller: seller(wanted, candidate, old.as_ref().map(|old| old.entry)).to_owned(),
        new: match &old {
            Some(old) => candidate.price.completed_by(old.price),
            None => candidate.price.clone(),
        },
        old: old.map(|old| (old.rule.layer, old.price.clone())),
        source: candidate.source,
        id: candidate.id.clone(),
        confidence: hit.confidence,
        overridden: used
            .is_some_and(|found| found.rule.layer == Layer::Override || found.rule.like.is_some()),
    }
}

/// Under which seller the price is kept: one that is met before the price that
/// holds now, so that what is applied has an effect; its own if it can be, as
/// the model may have other sellers for other providers.
fn seller<'a>(wanted: &Wanted, candidate: &'a Candidate, old: Option<&'a Entry>) -> &'a str {
    let rank = |seller: &str| sellers::rank(&wanted.provider, seller);
    let holding = old.map_or("", |old| old.seller.as_str());
    if sellers::serves(&wanted.provider, holding) {
        return holding;
    }
    let known = candidate.official || sellers::serves(&wanted.provider, &candidate.seller);
    if known && (old.is_none() || rank(&candidate.seller) <= rank(holding)) {
        &candidate.seller
    } else {
        ""
    }
}

#[derive(Clone, Copy)]
struct Hit<'a> {
    candidate: &'a Candidate,
    confidence: u8,
}

enum Outcome<'a> {
    Sure(Hit<'a>),
    Kept,
}

type Names<'a> = HashMap<String, Vec<&'a Candidate>>;

/// One source's candidates by every name they answer to.
struct Index<'a> {
    source: Source,
    failed: bool,
    all: &'a [Candidate],
    names: Names<'a>,
    spelled: Names<'a>,
    tails: Names<'a>,
}

impl<'a> Index<'a> {
    fn new(source: Source, candidates: Option<&'a [Candidate]>) -> Self {
        let mut index = Self {
            source,
            failed: candidates.is_none(),
            all: candidates.unwrap_or_default(),
            names: HashMap::new(),
            spelled: HashMap::new(),
            tails: HashMap::new(),
        };
        for candidate in index.all {
            let model = candidate.model.to_lowercase();
            let id = candidate.id.to_lowercase();
            if let Some((_, tail)) = model.rsplit_once('/') {
                index
                    .tails
                    .entry(tail.to_owned())
                    .or_default()
                    .push(candidate);
            }
            index
                .spelled
                .entry(spelling(&model))
                .or_default()
                .push(candidate);
            if id != model {
                index.names.entry(id).or_default().push(candidate);
            }
            index.names.entry(model).or_default().push(candidate);
        }
        index
    }

    /// `None`: ask the next source; what it might be is in `options`.
    fn decide(
        &self,
        book: &PriceBook,
        wanted: &Wanted,
        options: &mut Vec<Hit<'a>>,
    ) -> Option<Outcome<'a>> {
        if self.failed {
            let priced = book.find_listed(&wanted.model, &wanted.provider)?;
            let kept = priced.rule.layer == Layer::Synced
                && Source::named(&priced.entry.source) == Some(self.source);
            return kept.then_some(Outcome::Kept);
        }
        let Some((hits, via)) = self.hits(&wanted.model) else {
            options.extend(self.similar(&wanted.model));
            return None;
        };
        let (hits, known) = narrow(hits, &wanted.provider);
        let first = hits.first()?;
        let unique = hits.iter().all(|hit| hit.price == first.price);
        let confidence = confidence(via);
        // A reseller's price is a guess at what this provider asks, except that
        // OpenRouter passes the makers' prices on.
        if unique && confidence >= SURE && (known || self.source == Source::OpenRouter) {
            return Some(Outcome::Sure(Hit {
                candidate: first,
                confidence,
            }));
        }
        options.extend(hits.iter().take(OPTIONS).map(|candidate| Hit {
            candidate,
            confidence: confidence.saturating_sub(if known { 0 } else { 10 }),
        }));
        None
    }

    fn hits(&self, model: &str) -> Option<(&[&'a Candidate], Via)> {
        let names = forms(model);
        let spelled = |name: &str| spelling(name);
        let as_is = |name: &str| name.to_owned();
        meet(&self.names, &names, as_is, None)
            .or_else(|| meet(&self.spelled, &names, spelled, Some(Via::Spelling)))
            .or_else(|| meet(&self.tails, &names, as_is, Some(Via::ListPrefix)))
    }

    /// Names that share words with this one.
    fn similar(&self, model: &str) -> Vec<Hit<'a>> {
        let names = forms(model);
        let name = names.last().map_or("", |form| form.name.as_str());
        let mut hits: Vec<Hit<'a>> = self
            .all
            .iter()
            .filter(|candidate| candidate.official || self.source == Source::OpenRouter)
            .filter_map(|candidate| {
                let percent = similarity(name, &candidate.model.to_lowercase());
                Some(Hit {
                    candidate,
                    confidence: u8::try_from(percent).ok().filter(|_| percent >= FAINT)?,
                })
            })
            .collect();
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.confidence));
        hits.truncate(OPTIONS);
        hits
    }
}

/// The first form that the map knows.
fn meet<'m, 'a>(
    map: &'m Names<'a>,
    names: &[Form],
    key: impl Fn(&str) -> String,
    via: Option<Via>,
) -> Option<(&'m [&'a Candidate], Via)> {
    names.iter().find_map(|form| {
        let hits = map.get(&key(&form.name))?;
        Some((hits.as_slice(), via.unwrap_or(form.via)))
    })
}

/// Those that serve the provider, else the makers', else all. The flag: it is
/// known that this is what the provider asks.
fn narrow<'a>(hits: &[&'a Candidate], provider: &str) -> (Vec<&'a Candidate>, bool) {
    let of = |keep: &dyn Fn(&Candidate) -> bool| -> Vec<&'a Candidate> {
        hits.iter().copied().filter(|hit| keep(hit)).collect()
    };
    let serving = of(&|hit| sellers::serves(provider, &hit.seller));
    if !serving.is_empty() {
        return (serving, true);
    }
    let official = of(&|hit| hit.official);
    if official.is_empty() {
        (hits.to_vec(), false)
    } else {
        (official, true)
    }
}

fn confidence(via: Via) -> u8 {
    match via {
        Via::Name => 100,
        Via::Case => 98,
        Via::Suffix => 96,
        Via::Prefix | Via::ListPrefix => 94,
        Via::Release | Via::Spelling | Via::Preview => 90,
        Via::Effort | Via::Pattern => 80,
    }
}

/// Shared words of two names in percent of all their words, at most 86.
fn similarity(a: &str, b: &str) -> usize {
    let words = |name: &str| -> Vec<String> {
        let split = name.split(|c: char| !c.is_alphanumeric());
        let mut words: Vec<_> = split.filter(|w| !w.is_empty()).map(str::to_owned).collect();
        words.sort();
        words.dedup();
        words
    };
    let (a, b) = (words(a), words(b));
    let shared = a.iter().filter(|word| b.contains(word)).count();
    let all = a.len() + b.len() - shared;
    (shared * 86).checked_div(all).unwrap_or(0)
}

#[cfg(test)]
mod tests;
