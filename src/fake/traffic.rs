//! Believable traffic for `cpamp demo`: providers, models, accounts and client
//! keys with a daily rhythm, in CPA's wire format. Deterministic given the seed
//! and the range: each hour has its own dice, so any cut of the same days shows
//! the same requests. It invents everything; no address or key here is real.

mod attempt;
mod cast;
mod dice;
mod failures;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::json;

use self::attempt::{Attempt, Request};
use self::cast::clients::{CLIENTS, Client, MODELS, Model, NAMES};
use self::cast::cues::{Cue, cues};
use self::cast::{Account, Family};
use self::dice::Dice;
use self::failures::Failure;
use super::auth_files::go_time;
use super::{Gateway, Options};
use crate::clock::Clock;
use crate::domain::units::{At, Ms};

/// Requests in an hour of ordinary business.
const REQUESTS_AN_HOUR: u64 = 200;

/// Percent of that, for each hour of the day in UTC.
const RHYTHM: [u64; 24] = [
    66, 60, 55, 52, 56, 68, 84, 108, 134, 150, 158, 142, 122, 144, 160, 154, 138, 118, 104, 98, 94,
    88, 80, 72,
];

/// A gateway that has the accounts and keys of this traffic.
#[must_use]
pub fn demo_gateway(management_key: &str) -> Options {
    Options {
        config_yaml: cast::gateway::config_yaml(management_key),
        auth_files: cast::gateway::auth_files(Clock::System.now()),
        ..Options::default()
    }
}

/// What the operator of the demo calls the clients' keys: key and alias.
#[must_use]
pub fn key_names() -> &'static [(&'static str, &'static str)] {
    NAMES
}

/// The events of attempts that finished in `[from, to)`, in that order, as
/// (finish time, wire JSON): about 5,500 a day, fewer at weekends.
pub fn events_between(from: At, to: At, seed: u64) -> impl Iterator<Item = (At, String)> {
    Stage::new(seed).between(from, to)
}

/// The days before a demo that begins now: some accounts are in trouble.
pub fn demo_events(span: Ms, now: At, seed: u64) -> impl Iterator<Item = (At, String)> {
    Stage::of_demo(seed, now).between(now - span, now)
}

/// Sends live traffic into the gateway of a demo that began `now`, until the
/// future is dropped. Whoever begins to listen for errors hears the present
/// ones.
pub async fn run(gateway: Gateway, seed: u64, now: At) {
    let mut live = Live::new(gateway, seed);
    live.stage = Stage::of_demo(seed, now);
    let mut listened = false;
    loop {
        let listens = live.gateway.error_subscribers() > 0;
        if listens && !listened {
            live.tell_troubles();
        }
        listened = listens;
        tokio::time::sleep(live.step()).await;
    }
}

/// Lets the gateway know what is the matter with its accounts, as if it had
/// learnt it from requests.
pub fn tell_troubles(gateway: &Gateway, seed: u64, now: At) {
    let mut live = Live::new(gateway.clone(), seed);
    live.stage = Stage::of_demo(seed, now);
    live.tell_troubles();
    // Tokens live for some hours; who is off or logged out renews none.
    for (name, ago) in cast::gateway::renewals() {
        gateway.renew_token(name, now - ago);
    }
}

/// Live traffic, one request a step.
pub struct Live {
    stage: Stage,
    dice: Dice,
    gateway: Gateway,
}

impl Live {
    /// The gateway's clock says when things happen.
    #[must_use]
    pub fn new(gateway: Gateway, seed: u64) -> Self {
        let now = gateway.shared.world().now();
        Self {
            stage: Stage::new(seed),
            dice: Dice::new(seed, now.0.unsigned_abs()),
            gateway,
        }
    }

    fn tell_troubles(&mut self) {
        let now = self.gateway.shared.world().now();
        for (attempt, request, account) in self.stage.troubles(&mut self.dice, now) {
            if let Some(error) = error_event(&attempt, &request, account) {
                self.gateway.push_error(&error);
            }
        }
    }

    /// One request whose last attempt ends now, and the pause until the next:
    /// 3 to 10 s, about what a busy hour of [`events_between`] has.
    pub fn step(&mut self) -> Duration {
        let now = self.gateway.shared.world().now();
        let scene = self.stage.request(&mut self.dice, now);
        let over = scene.attempts.last();
        let over = over.map_or(now, |(attempt, _)| attempt.finished());
        for (mut attempt, account) in scene.attempts {
            attempt.started = attempt.started - (over - now);
            if let Some(error) = error_event(&attempt, &scene.request, account) {
                self.gateway.push_error(&error);
            }
            self.gateway.push(&attempt.event(&scene.request, account));
        }
        Duration::from_millis(self.dice.between(3_000, 10_000))
    }
}

/// The accounts, and the seed everything is drawn from.
struct Stage {
    accounts: Vec<Account>,
    /// What is the matter beside what the seed brings.
    cues: Vec<Cue>,
    seed: u64,
}

/// One request and its attempts in order.
struct Scene<'a> {
    request: Request,
    attempts: Vec<(Attempt, &'a Account)>,
}

impl Stage {
    fn new(seed: u64) -> Self {
        Self {
            accounts: cast::accounts(),
            cues: Vec::new(),
            seed,
        }
    }

    fn of_demo(seed: u64, now: At) -> Self {
        Self {
            cues: cues(now),
            ..Self::new(seed)
        }
    }

    fn between(self, from: At, to: At) -> impl Iterator<Item = (At, String)> {
        // Attempts of the hour before may still run.
        let mut hour = from.0.div_euclid(Ms::HOUR.0) - 1;
        let mut waiting: Vec<(At, String)> = Vec::new();
        let mut ready: VecDeque<(At, String)> = VecDeque::new();
        std::iter::from_fn(move || {
            while ready.is_empty() && hour * Ms::HOUR.0 < to.0 {
                waiting.extend(self.hour(hour));
                hour += 1;
                waiting.sort_by_key(|(finished, _)| *finished);
                let done = waiting.partition_point(|(finished, _)| finished.0 < hour * Ms::HOUR.0);
                ready.extend(
                    waiting
                        .drain(..done)
                        .filter(|(finished, _)| (from..to).contains(finished)),
                );
            }
            ready.pop_front()
        })
    }

    /// A request for each account that is in trouble, and how it fails.
    fn troubles(&self, dice: &mut Dice, now: At) -> Vec<(Attempt, Request, &Account)> {
        let mut troubles = Vec::new();
        for cue in &self.cues {
            let in_trouble = |account: &&Account| {
                let model = cue.model().unwrap_or_default();
                cue.trouble(account, model, now).is_some()
            };
            let Some(account) = self.accounts.iter().find(in_trouble) else {
                continue;
            };
            let all = MODELS.iter().find(|(of, _)| *of == account.family);
            let models = all.map(|(_, models)| *models).unwrap_or_default();
            let wanted = |(Model(name, ..), _): &&(Model, u64)| {
                cue.model().is_none_or(|model| model == *name)
            };
            let (Some((model, _)), Some((client, _))) =
                (models.iter().find(wanted), CLIENTS.first())
            else {
                continue;
            };
            let Model(name, ..) = model;
            if let Some(failure) = cue.trouble(account, name, now) {
                let request = Request::new(dice, client, *model);
                troubles.push((Attempt::failed(dice, now, failure), request, account));
            }
        }
        troubles
    }

    /// What is wrong with an account for a request.
    fn trouble(&self, account: &Account, model: Model, at: At) -> Option<Failure> {
        let Model(name, ..) = model;
        let mut cues = self.cues.iter();
        cues.find_map(|cue| cue.trouble(account, name, at))
            .or_else(|| failures::trouble(self.seed, account, at))
    }

    /// All events of the requests that start in one hour.
    fn hour(&self, hour: i64) -> Vec<(At, String)> {
        let mut dice = Dice::new(self.seed, hour.unsigned_abs());
        let start = At(hour * Ms::HOUR.0);
        let mut events = Vec::new();
        for _ in 0..requests_in(&mut dice, hour) {
            let moment = i64::try_from(dice.below(Ms::HOUR.0.unsigned_abs())).unwrap_or(0);
            let scene = self.request(&mut dice, start + Ms(moment));
            events.extend(scene.attempts.iter().map(|(attempt, account)| {
                (attempt.finished(), attempt.event(&scene.request, account))
            }));
        }
        events
    }

    fn request(&self, dice: &mut Dice, start: At) -> Scene<'_> {
        let client: &'static Client = dice.weighted(CLIENTS).expect("the cast has clients");
        let family = *dice
            .weighted(client.families)
            .expect("every client asks for something");
        let (_, models) = MODELS
            .iter()
            .find(|(of, _)| *of == family)
            .expect("every family has models");
        let model = *dice.weighted(models).expect("every family has models");
        let request = Request::new(dice, client, model);
        let mut attempts: Vec<(Attempt, &Account)> = Vec::new();
        let mut at = start;
        while attempts.len() < 4
            && let Some(account) = self.account(dice, model, at, &attempts)
        {
            let failure = self
                .trouble(account, model, at)
                .or_else(|| failures::accident(dice, family));
            let attempt = match failure {
                Some(failure) => Attempt::failed(dice, at, failure),
                None => Attempt::succeeded(dice, at, &request, account),
            };
            let goes_on = attempt.failure.as_ref().is_some_and(Failure::moves_on);
            at = attempt.finished() + Ms(2);
            attempts.push((attempt, account));
            if !goes_on {
                break;
            }
        }
        Scene { request, attempts }
    }

    /// An account of the family that this request has not tried yet. A gateway
    /// remembers who is in trouble and mostly passes over them.
    fn account(
        &self,
        dice: &mut Dice,
        model: Model,
        at: At,
        tried: &[(Attempt, &Account)],
    ) -> Option<&Account> {
        let serves = |(_, models): &&(Family, &[(Model, u64)])| {
            let Model(wanted, ..) = model;
            models.iter().any(|(Model(name, ..), _)| *name == wanted)
        };
        let (family, _) = MODELS.iter().find(serves)?;
        let candidates: Vec<(&Account, u64)> = self
            .accounts
            .iter()
            .filter(|account| account.family == *family)
            .filter(|account| !self.cues.iter().any(|cue| cue.keeps_away(account, at)))
            .filter(|account| {
                !tried
                    .iter()
                    .any(|(_, tried)| tried.auth_index == account.auth_index)
            })
            .map(|account| match self.trouble(account, model, at) {
                Some(_) => (account, account.weight),
                None => (account, account.weight * 6),
            })
            .collect();
        dice.weighted(&candidates).copied()
    }
}

fn requests_in(dice: &mut Dice, hour: i64) -> u64 {
    let rhythm = usize::try_from(hour.rem_euclid(24))
        .ok()
        .and_then(|hour| RHYTHM.get(hour));
    // 1970-01-01 was a Thursday.
    let weekday = (hour.div_euclid(24) + 3).rem_euclid(7);
    let busy = if weekday >= 5 { 65 } else { 115 };
    let usual = REQUESTS_AN_HOUR * rhythm.copied().unwrap_or(100) * busy / 10_000;
    usual * dice.between(78, 122) / 100
}

/// What the `errors` channel says about a failed attempt.
fn error_event(attempt: &Attempt, request: &Request, account: &Account) -> Option<String> {
    let failure = attempt.failure.as_ref()?;
    let Model(model, ..) = request.model;
    let rests = failure
        .rests_for()
        .map(|seconds| go_time(attempt.finished() + Ms(seconds * 1_000)));
    let of_one_model = matches!(failure, Failure::ExhaustedModel { .. });
    let mut state = json!({
        "status": "error", "status_message": failure.body(), "disabled": false,
        "unavailable": rests.is_some() && !of_one_model,
    });
    let mut of_model = json!({"name": model, "status": "error", "unavailable": rests.is_some()});
    if let (Some(until), Some(state), Some(of_model)) =
        (rests, state.as_object_mut(), of_model.as_object_mut())
    {
        if !of_one_model {
            state.insert("next_retry_after".to_owned(), json!(until));
        }
        of_model.insert("next_retry_after".to_owned(), json!(until));
        if failure.status() == 429 {
            let quota = json!({
                "exceeded": true, "reason": "quota", "next_recover_at": until, "backoff_level": 1
            });
            state.insert("quota".to_owned(), quota);
        }
    }
    if let Some(state) = state.as_object_mut() {
        state.insert("model".to_owned(), of_model);
    }
    let event = json!({
        "timestamp": go_time(attempt.finished()), "provider": account.provider, "model": model,
        "auth_id": account.auth_id, "auth_index": account.auth_index,
        "status_code": failure.status(), "body": failure.body(), "auth_status": state,
    });
    Some(super::go_json::text(&event))
}
