//! What follows from a look at the gateway: what pages show of it, whether
//! somebody else takes our events, and what to do about that.

use super::health::Look;
use super::outage::gap;
use super::rivals::{Reading, Verdict};
use super::taker::{Life, Taker, USUAL_RETENTION};
use crate::domain::collection::{Gateway, Mode, Transport};
use crate::domain::units::{At, Ms};
use crate::gateway::types::{Error, Overview};

/// A rival that was noticed is met by subscribing at once for this long, also
/// after a restart of ours.
const RIVAL_REMEMBERED: Ms = Ms::DAY;

impl Taker {
    /// Takes note of what the gateway said of itself.
    pub(super) fn learn(&mut self, overview: Overview) {
        self.retention = overview.retention.unwrap_or(USUAL_RETENTION);
        let mut other_version = false;
        self.board.update(|facts| {
            let before = facts.gateway.version.as_ref();
            other_version = before.is_some() && before != overview.version.as_ref();
            facts.gateway = Gateway {
                url: facts.gateway.url.take(),
                version: overview.version,
                reachable: Some(true),
                usage_statistics_enabled: overview.usage_statistics_enabled,
                retention: overview.retention,
            };
        });
        if let Some(outage) = &mut self.outage {
            outage.restarted |= other_version;
        }
    }

    /// Acts on a look. `started` is when this transport began to take. The
    /// error is one that ends the session.
    pub(super) fn judge(
        &mut self,
        life: &mut Life,
        look: Look,
        transport: Transport,
        started: At,
    ) -> Result<(), Error> {
        let statistics = match look.overview {
            Ok(overview) => {
                let on = overview.usage_statistics_enabled != Some(false);
                self.learn(overview);
                on
            }
            Err(
                error @ (Error::KeyRejected
                | Error::Banned { .. }
                | Error::RemoteManagementOff
                | Error::ManagementOff),
            ) => return Err(error),
            // The queue answers; one slow or odd look says nothing.
            Err(error) => {
                log::debug!("cannot look at the gateway: {error}");
                return Ok(());
            }
        };
        let looked_at = self.clock.now();
        let last_look = life.looked_at.replace(looked_at);
        let Some(attempts) = look.attempts.filter(|_| statistics) else {
            life.rivals.skip();
            return Ok(());
        };
        let taken = self.taken;
        match life.rivals.read(Reading { attempts, taken }) {
            Verdict::Starved if transport == Transport::Subscribe => {
                // A subscriber gets everything: these attempts give no events.
                log::info!("no other consumer: the gateway counts requests that give no events");
                life.rival_refuted = true;
                life.ladder.not_starved();
                self.rival(None);
            }
            Verdict::Starved if !life.rival_refuted => self.starved(life, started, looked_at),
            Verdict::Shared if transport != Transport::Subscribe => {
                log::warn!("another consumer takes a part of the events");
                self.board.update(|facts| facts.competing_consumer = true);
            }
            Verdict::Alone if transport != Transport::Subscribe => {
                life.rival_refuted = false;
                self.rival(None);
            }
            Verdict::Restarted => {
                let noted = self.restart_noted.zip(last_look);
                if noted.is_none_or(|(noted, last_look)| noted < last_look) {
                    let from = last_look.unwrap_or(looked_at);
                    self.record_gaps(gap(from, looked_at, "gateway_restarted"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Somebody else's subscription takes everything.
    fn starved(&mut self, life: &mut Life, started: At, now: At) {
        let last_taken = self.memory.last_taken_at.unwrap_or(started);
        let quiet = last_taken.max(started);
        if life.settings.mode == Mode::Auto {
            log::warn!("another subscriber takes all events, subscribing too");
            life.ladder.starved(std::time::Instant::now());
            life.quiet_since = Some(quiet);
            self.rival(Some(now + RIVAL_REMEMBERED));
        } else {
            log::warn!("another subscriber takes all events");
            self.rival(Some(now));
            self.record_gaps(gap(quiet, now, "competing_consumer"));
        }
    }

    fn rival(&mut self, until: Option<At>) {
        self.memory.rival_until = until;
        self.board
            .update(|facts| facts.competing_consumer = until.is_some());
    }
}
