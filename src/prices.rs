//! Keeping prices current: asks the price sources, works out what would change,
//! and applies what the operator chose. One check at a time; a source that
//! fails costs nothing but its own news. Prices themselves are
//! [`crate::domain::pricing`], keeping them is [`crate::store::prices`].

pub mod fetch;
pub mod reprice;
pub mod schedule;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, watch};

use crate::clock::Clock;
use crate::domain::collection::{Settings, State, Status};
use crate::domain::pricing::plan::{Answers, Chosen, Plan, PriceChange, plan};
use crate::domain::pricing::sources::{Source, parse};
use crate::domain::pricing::{Entry, Layer, Quote};
use crate::domain::units::{At, Ms};
use crate::gateway::client::Client;
use crate::gateway::key_watch::KeyWatch;
use crate::store::prices::{Edit, Item, seen, sources};
use crate::store::{Result, Store, StoreError};
use fetch::{Answer, Web};

/// How long the gateway may take to say which proxy it uses.
const ASKING_THE_GATEWAY: Duration = Duration::from_secs(5);

/// Where prices are looked after. Clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    clock: Clock,
    web: Web,
    settings: watch::Receiver<Settings>,
    status: watch::Receiver<Status>,
    /// What is known of the gateway's key.
    key: Arc<KeyWatch>,
    /// Held while the sources are asked.
    busy: Arc<Mutex<()>>,
    /// Told when there is something to price anew.
    work: Arc<Notify>,
}

/// What became of an order to apply a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The batch to undo, and how many prices are in it.
    Batch(i64, usize),
    /// Everything chosen holds already.
    Nothing,
    /// Nothing was chosen; the preview is still there.
    NoneChosen,
    /// The preview is gone, or another one was made since.
    Outdated,
}

impl Desk {
    #[must_use]
    pub fn new(
        store: Store,
        clock: Clock,
        web: Web,
        settings: watch::Receiver<Settings>,
        status: watch::Receiver<Status>,
    ) -> Self {
        Self {
            store,
            clock,
            web,
            settings,
            status,
            key: Arc::default(),
            busy: Arc::default(),
            work: Arc::default(),
        }
    }

    /// Shares what is known of the key with everybody else who sends it.
    #[must_use]
    pub fn sharing(mut self, key: Arc<KeyWatch>) -> Self {
        self.key = key;
        self
    }

    /// Asks the sources in order, until every model in use is found, and keeps
    /// the preview. Takes at most a minute and a half, also when whoever asked
    /// has gone meanwhile.
    pub async fn check(&self) -> Result<Plan> {
        let desk = self.clone();
        let checking = tokio::spawn(async move { desk.check_through().await });
        match checking.await {
            Ok(outcome) => outcome,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(StoreError::Closed),
        }
    }

    async fn check_through(&self) -> Result<Plan> {
        let _busy = self.busy.lock().await;
        let proxy = self.proxy().await;
        let wanted = self.store.read(seen::models).await?;
        let mut answers: Answers = Vec::new();
        let mut outcome = Plan::default();
        for source in Source::ALL {
            let list = self.ask(source, proxy.as_deref()).await?;
            answers.push((source, list));
            let book = self.store.prices();
            let (planned, back) = {
                let wanted = wanted.clone();
                // Thousands of entries against thousands of names.
                let work = move || (plan(&book, &wanted, &answers), answers);
                match tokio::task::spawn_blocking(work).await {
                    Ok(done) => done,
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                }
            };
            (outcome, answers) = (planned, back);
            if outcome.choices.is_empty() && outcome.unmatched.is_empty() {
                break;
            }
        }
        let (at, kept) = (self.clock.now(), outcome.clone());
        self.store
            .write(move |c| sources::put_plan(c, at, &kept))
            .await?;
        Ok(outcome)
    }

    /// The list of a source: a new one, or the last good one.
    async fn ask(
        &self,
        source: Source,
        proxy: Option<&str>,
    ) -> Result<Option<Vec<crate::domain::pricing::sources::Candidate>>> {
        let states = self.store.read(sources::states).await?;
        let etag = states
            .into_iter()
            .find(|state| state.name == source.name())
            .and_then(|state| state.etag);
        let answer = match self.web.fetch(source, proxy, etag.as_deref()).await {
            Ok(Answer::List { body, etag }) => {
                let parsed = tokio::task::spawn_blocking(move || parse(source, &body)).await;
                match parsed {
                    Ok(Ok(parsed)) => Ok(Some((parsed, etag))),
                    Ok(Err(bad)) => Err(bad.to_string()),
                    Err(_) => Err(String::from("cannot be read")),
                }
            }
            Ok(Answer::Unchanged) => Ok(None),
            Err(error) => Err(error.to_string()),
        };
        let at = self.clock.now();
        self.store
            .write(move |c| {
                match answer {
                    Ok(Some((parsed, etag))) => {
                        if !parsed.problems.is_empty() {
                            let (name, n) = (source.name(), parsed.problems.len());
                            log::info!("{n} entries of {name} make no sense and are left out");
                        }
                        let list = parsed.candidates;
                        sources::put_list(c, source, at, etag.as_deref(), &list)?;
                        return Ok(Some(list));
                    }
                    Ok(None) => sources::put_outcome(c, source, at, None)?,
                    Err(problem) => {
                        log::warn!("cannot read prices from {}: {problem}", source.name());
                        sources::put_outcome(c, source, at, Some(&problem))?;
                    }
                }
                sources::list(c, source)
            })
            .await
    }

    /// The proxy in the gateway's configuration. A key that was rejected is not
    /// sent again for it.
    async fn proxy(&self) -> Option<String> {
        if self.status.borrow().state != State::Collecting {
            return None;
        }
        let connection = self.settings.borrow().connection.clone()?;
        let client = Client::new(&connection).ok()?;
        let client = client.watched(&self.key, &connection);
        match tokio::time::timeout(ASKING_THE_GATEWAY, client.proxy()).await {
            Ok(Ok(proxy)) => proxy,
            Ok(Err(error)) => {
                log::warn!("cannot ask the gateway for its proxy, going without: {error}");
                None
            }
            Err(_) => None,
        }
    }

    /// Applies a part of the preview made at `made`. Overrides are not touched.
    /// What is left of it is a new preview, so that models that only a person
    /// can choose for are not forgotten.
    pub async fn apply(&self, made: At, chosen: Chosen) -> Result<Applied> {
        let Some((at, plan)) = self.store.read(sources::plan).await? else {
            return Ok(Applied::Outdated);
        };
        if at != made {
            return Ok(Applied::Outdated);
        }
        let changes = chosen.changes.iter().filter_map(|n| plan.changes.get(*n));
        let choices = chosen.choices.iter().filter_map(|(n, option)| {
            let choice = plan.choices.get(*n)?;
            choice.options.get(*option)
        });
        let now = self.clock.now();
        let edits: Vec<Edit> = changes.chain(choices).map(|c| edit(c, now)).collect();
        let count = edits.len();
        if count == 0 {
            return Ok(Applied::NoneChosen);
        }
        let batch = self.store.edit_prices(now, edits).await?;
        let rest = plan.without(&chosen);
        self.store
            .write(move |c| match rest {
                Some(rest) => sources::put_plan(c, made + Ms(1), &rest),
                None => sources::drop_plan(c),
            })
            .await?;
        Ok(batch.map_or(Applied::Nothing, |batch| Applied::Batch(batch, count)))
    }
}

fn edit(change: &PriceChange, now: At) -> Edit {
    let entry = Entry {
        model: change.model.clone(),
        seller: change.seller.clone(),
        quote: Quote::Price(change.new.clone()),
        source: change.source.name().to_owned(),
        as_of: now,
    };
    Edit::Put(Item::Price(Layer::Synced, Box::new(entry)))
}
