//! `GET /status`: how collecting goes, for scripts. The JSON is stable: fields
//! are only ever added, times are RFC 3339, what is not known is `null`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use crate::domain::collection::{self, Mode, State, Transport};
use crate::domain::units::At;
use crate::store::stats::Stats;
use crate::web::error::Result;
use crate::web::session::Access;
use crate::web::state::AppState;

#[derive(Serialize)]
struct Status {
    version: &'static str,
    uptime_s: i64,
    events: Events,
    collector: Collector,
    gateway: Gateway,
    database: Database,
}

#[derive(Serialize)]
struct Events {
    stored: i64,
    rejected: i64,
    duplicates: i64,
}

#[derive(Serialize)]
struct Collector {
    state: State,
    reason: Option<&'static str>,
    mode: Mode,
    transport: Option<Transport>,
    last_taken_at: Option<String>,
    last_stored_at: Option<String>,
    lag_ms: Option<i64>,
    taken: i64,
    batches_retried: i64,
    spooled: i64,
    gaps: Vec<Gap>,
    competing_consumer: bool,
}

#[derive(Serialize)]
struct Gap {
    from: String,
    to: String,
    why: String,
}

#[derive(Serialize)]
struct Gateway {
    url: Option<String>,
    version: Option<String>,
    reachable: Option<bool>,
    usage_statistics_enabled: Option<bool>,
    retention_s: Option<i64>,
}

#[derive(Serialize)]
struct Database {
    bytes: u64,
    wal_bytes: u64,
    schema: i64,
}

pub(super) async fn show(state: Data<AppState>, _: Access) -> Result<HttpResponse> {
    let database = state.store.stats().await?;
    let seen = state.status.borrow().clone();
    let uptime_s = state.running.elapsed().0.div_euclid(1_000);
    Ok(HttpResponse::Ok().json(status(seen, &database, uptime_s)))
}

fn status(seen: collection::Status, stats: &Stats, uptime_s: i64) -> Status {
    let time = |at: Option<At>| at.map(At::rfc3339);
    Status {
        version: env!("CARGO_PKG_VERSION"),
        uptime_s,
        events: Events {
            stored: seen.stored,
            rejected: seen.rejected,
            duplicates: seen.duplicates,
        },
        collector: Collector {
            state: seen.state,
            reason: seen.reason.as_ref().map(collection::Reason::code),
            mode: seen.mode,
            transport: seen.transport,
            last_taken_at: time(seen.last_taken_at),
            last_stored_at: time(seen.last_stored_at),
            lag_ms: seen.lag.map(|lag| lag.0),
            taken: seen.taken,
            batches_retried: seen.batches_retried,
            spooled: seen.spooled,
            gaps: seen.gaps.into_iter().map(Gap::from).collect(),
            competing_consumer: seen.competing_consumer,
        },
        gateway: Gateway {
            url: seen.gateway.url,
            version: seen.gateway.version,
            reachable: seen.gateway.reachable,
            usage_statistics_enabled: seen.gateway.usage_statistics_enabled,
            retention_s: seen.gateway.retention.map(|span| span.0.div_euclid(1_000)),
        },
        database: Database {
            bytes: stats.bytes,
            wal_bytes: stats.wal_bytes,
            schema: stats.schema,
        },
    }
}

impl From<collection::Gap> for Gap {
    fn from(gap: collection::Gap) -> Self {
        Self {
            from: gap.from.rfc3339(),
            to: gap.to.rfc3339(),
            why: gap.why,
        }
    }
}
