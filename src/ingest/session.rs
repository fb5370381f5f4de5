//! One session with the gateway: look at it, connect by the transport of the
//! day, take until something breaks or something better is due. A question that
//! was sent is always waited for, because its answer cannot be asked again.

use std::time::{Duration, Instant as Moment};

use tokio::time::Instant;

use super::climb::Climb;
use super::health::Health;
use super::outage::{Outage, gap};
use super::taker::{End, Life, Taker};
use crate::domain::collection::{Reason, State, Transport};
use crate::gateway::client::Client;
use crate::gateway::queue::subscribe::{Messages, Subscription, USAGE};
use crate::gateway::queue::{Poller, http, resp};
use crate::gateway::types::{Cause, Error, millis};

/// Messages of a subscription written to the spool at once.
const MESSAGES: usize = 1_000;
/// A quiet subscription is looked after this often.
const TICK: Duration = Duration::from_secs(1);
/// How long the last messages of a subscription are waited for.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why nothing more is heard.
enum Over {
    /// The channel broke: it has nothing more to give.
    Broken(Error),
    /// Something else failed; the channel works.
    Refused(Error),
}

impl Taker {
    pub(super) async fn session(&mut self, life: &mut Life) -> Result<End, Error> {
        life.tried = None;
        let client = Client::new(&life.connection)?
            .patient(self.tuning.limits.answer)
            .watched(&self.key, &life.connection);
        let identified = life.identified;
        let look = async {
            if !identified {
                client.identify().await?;
            }
            client.overview().await
        };
        let overview = tokio::select! {
            overview = look => overview?,
            () = self.interrupted(&life.settings) => return Ok(End::Interrupted),
        };
        life.identified = true;
        self.learn(overview);
        let health = Health::new(client, self.tuning.look_every);
        let transport = life.ladder.choose(Moment::now());
        life.tried = Some(transport);
        life.rivals.skip();
        life.pace.start(transport);
        let end = match transport {
            Transport::Subscribe => self.listen(life, health).await,
            _ => self.poll(life, health, transport).await,
        };
        if let Err(error) = &end {
            life.ladder.failed(transport, error, Moment::now());
        }
        end
    }

    /// Asks again and again.
    async fn poll(
        &mut self,
        life: &mut Life,
        mut health: Health,
        transport: Transport,
    ) -> Result<End, Error> {
        let limits = self.tuning.limits;
        let mut poller = if transport == Transport::Http {
            Poller::Http(http::Queue::new(&life.connection, limits)?)
        } else {
            let queue = resp::Queue::connect(&life.connection, life.resp_key(), limits);
            Poller::Resp(queue.await?)
        };
        let mut climb = Climb::default();
        let started = self.clock.now();
        loop {
            self.wait_for_room(life).await;
            if self.is_interrupted(&life.settings) {
                return Ok(End::Interrupted);
            }
            let (asked, asked_at) = (life.pace.count(), Instant::now());
            let (items, bytes) = self.take(&mut poller, asked).await.inspect_err(|error| {
                if matches!(error, Error::TimedOut) {
                    life.pace.timed_out();
                }
            })?;
            let took = asked_at.elapsed();
            life.pace
                .answered(asked, items, bytes, took, self.retention);
            life.worked(transport);
            self.answered(Duration::ZERO).await;
            self.collecting(transport);

            if let Some(look) = health.poll().await {
                self.judge(life, look, transport, started)?;
            }
            match life.ladder.better(transport, Moment::now()) {
                // Worth an attempt, but not worth leaving what works.
                Some(Transport::Resp) if transport == Transport::Http => {
                    let attempt = climb.poll(&life.connection, life.resp_key(), limits);
                    match attempt.await {
                        Some(Ok(())) => return Ok(End::Again),
                        Some(Err(error)) if error.forbids_retry() => return Err(error),
                        Some(Err(error)) => {
                            life.ladder.failed(Transport::Resp, &error, Moment::now());
                        }
                        None => {}
                    }
                }
                Some(_) => return Ok(End::Again),
                None => {}
            }
            tokio::select! {
                () = tokio::time::sleep(life.pace.pause()) => {}
                () = self.interrupted(&life.settings) => {}
            }
        }
    }

    /// Asks once and puts what comes on the spool. Gives the number of items
    /// and bytes.
    async fn take(&mut self, poller: &mut Poller, asked: u32) -> Result<(usize, usize), Error> {
        let asked_at = self.clock.now();
        let (stop, grace) = (self.stop.clone(), self.tuning.grace);
        let too_late = async move {
            stop.cancelled().await;
            tokio::time::sleep(grace).await;
        };
        let received = tokio::select! {
            received = self.receive(poller, asked) => received,
            () = too_late => Err((Error::TimedOut, true)),
        };
        received.map_err(|(error, lost)| {
            if lost {
                let since = self.answered.map_or(asked_at, |(at, _)| at);
                let outage = self.outage.get_or_insert(Outage::since(since));
                outage.unanswered = Some(self.clock.now());
            }
            error
        })
    }

    /// The error comes with whether items may have been lost with the answer.
    async fn receive(
        &mut self,
        poller: &mut Poller,
        asked: u32,
    ) -> Result<(usize, usize), (Error, bool)> {
        let transport = poller.transport();
        let answer = poller.pop(asked).await;
        let mut answer = answer.map_err(|error| {
            let on_the_wire = matches!(
                error,
                Error::TimedOut | Error::Unreachable(Cause::Dropped | Cause::Other(_))
            );
            (error, on_the_wire)
        })?;
        let (mut items, mut bytes) = (0, 0);
        loop {
            let group = answer.next().await.map_err(|error| (error, true))?;
            if group.is_empty() {
                return Ok((items, bytes));
            }
            items += group.len();
            bytes += group.iter().map(Vec::len).sum::<usize>();
            self.spool(group, transport).await;
        }
    }

    /// Listens to the channel. Unless the channel itself breaks, it ends in
    /// order, whatever the reason: what is on its way then is taken as well.
    async fn listen(&mut self, life: &mut Life, health: Health) -> Result<End, Error> {
        let limits = self.tuning.limits;
        // The first connection proves the key, and drains later what was
        // queued before the subscription began.
        let queue = resp::Queue::connect(&life.connection, life.resp_key(), limits).await?;
        let mut subscription = Subscription::open(&life.connection, USAGE, limits).await?;
        let heard = self.hear(&mut subscription, queue, life, health).await;
        if let Err(Over::Broken(error)) = heard {
            return Err(error);
        }
        let last = subscription.close(FAREWELL).await;
        if !last.is_empty() {
            self.spool(last, Transport::Subscribe).await;
        }
        match heard {
            Ok(end) => {
                self.wait_for_room(life).await;
                Ok(end)
            }
            Err(Over::Broken(error) | Over::Refused(error)) => Err(error),
        }
    }

    /// Takes what was queued before, then what comes, until there is a reason to
    /// stop.
    async fn hear(
        &mut self,
        subscription: &mut Subscription,
        queue: resp::Queue,
        life: &mut Life,
        mut health: Health,
    ) -> Result<End, Over> {
        let transport = Transport::Subscribe;
        let started = self.clock.now();
        let drained = self.drain(Poller::Resp(queue), life).await;
        drained.map_err(Over::Refused)?;
        life.worked(transport);
        self.answered(Duration::ZERO).await;
        if let Some(quiet) = life.quiet_since.take() {
            self.record_gaps(gap(quiet, started, "competing_consumer"));
        }
        self.collecting(transport);
        let tick = TICK.min(self.tuning.look_every);
        loop {
            let interrupted = self.is_interrupted(&life.settings);
            let better = life.ladder.better(transport, Moment::now()).is_some();
            if interrupted || better || !self.has_room() {
                return Ok(if interrupted {
                    End::Interrupted
                } else {
                    End::Again
                });
            }
            let messages = tokio::select! {
                messages = subscription.next(MESSAGES) => messages,
                () = tokio::time::sleep(tick) => Ok(Messages::default()),
                () = self.interrupted(&life.settings) => continue,
            };
            let messages = messages.map_err(|error| {
                self.unheard(subscription, &error);
                Over::Broken(error)
            })?;
            if messages.refreshed {
                self.refreshes.send_modify(|count| *count += 1);
                health.hurry();
            }
            if !messages.events.is_empty() {
                self.spool(messages.events, transport).await;
            }
            self.answered(subscription.heard().elapsed()).await;
            if let Some(look) = health.poll().await {
                let judged = self.judge(life, look, transport, started);
                judged.map_err(Over::Refused)?;
            }
        }
    }

    /// Takes what was queued before a subscription, until a short answer.
    async fn drain(&mut self, mut queue: Poller, life: &mut Life) -> Result<(), Error> {
        loop {
            let (asked, asked_at) = (life.pace.count(), Instant::now());
            let (items, bytes) = self.take(&mut queue, asked).await?;
            let took = asked_at.elapsed();
            life.pace
                .answered(asked, items, bytes, took, self.retention);
            if u32::try_from(items).is_ok_and(|items| items < asked) {
                return Ok(());
            }
        }
    }

    /// A subscription broke. After an orderly end the gateway queues again;
    /// after silence it may go on sending to nobody.
    fn unheard(&mut self, subscription: &Subscription, error: &Error) {
        let now = self.clock.now();
        let silent = millis(subscription.heard().elapsed());
        let since = self.answered.map_or(now, |(at, _)| at);
        let outage = self.outage.get_or_insert(Outage::since(since));
        let end = (!matches!(error, Error::TimedOut)).then_some(now);
        outage.unheard = Some((now - silent, end));
    }

    fn has_room(&self) -> bool {
        self.room.missing(&self.backlog.borrow()).is_none()
    }

    /// Nothing is taken that could not be kept.
    async fn wait_for_room(&mut self, life: &Life) {
        let mut backlog = self.backlog.clone();
        let mut told = None;
        loop {
            let Some(missing) = self.room.missing(&backlog.borrow_and_update()) else {
                return;
            };
            if told.as_ref() != Some(&missing) {
                log::error!("{}", without_room(&missing));
                self.say(State::Retrying, Some(missing.clone()), None);
                told = Some(missing);
            }
            if let Some((since, _)) = self.answered {
                self.outage.get_or_insert(Outage::since(since));
            }
            tokio::select! {
                _ = backlog.changed() => {}
                // Nobody tells when the disk has room again.
                () = tokio::time::sleep(self.tuning.store_retry_most) => {}
                () = self.interrupted(&life.settings) => return,
            }
        }
    }
}

fn without_room(missing: &Reason) -> &'static str {
    if *missing == Reason::DiskFull {
        "the disk is almost full, nothing more is taken until there is room"
    } else {
        "the spool is full, nothing more is taken until events can be stored"
    }
}
