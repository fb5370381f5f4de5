//! Whether the process works (`/healthz`: the writer answers, or the database
//! can at least be read as it was at the start) and whether it is
//! of use (`/readyz`: it is also not about to stop). Two words, nothing else.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use tokio::sync::Mutex;

use crate::clock::Stopwatch;
use crate::domain::units::Ms;
use crate::web::state::AppState;

/// A writer that waits for a locked database is alive, but not for long.
const PATIENCE: Duration = Duration::from_secs(4);
/// Anybody may ask, so a good answer holds for a moment.
const GOOD_FOR: Ms = Ms::SECOND;

/// What the writer last answered. One question is under way at a time; whoever
/// asks meanwhile waits for its answer instead of giving the writer more work.
#[derive(Default)]
pub(super) struct Pulse(Mutex<Option<Stopwatch>>);

impl Pulse {
    async fn beats(&self, state: &AppState) -> bool {
        let mut last = self.0.lock().await;
        if last.as_ref().is_some_and(|last| last.elapsed() < GOOD_FOR) {
            return true;
        }
        let asked = state.clock.stopwatch();
        let nothing = state.store.write(|_| Ok(()));
        let answered = tokio::time::timeout(PATIENCE, nothing).await;
        let works = matches!(answered, Ok(Ok(())));
        *last = works.then_some(asked);
        works
    }
}

pub(super) async fn live(state: Data<AppState>, pulse: Data<Pulse>) -> HttpResponse {
    let works = if state.store.is_read_only() {
        // A restart would not help; it goes on by itself.
        state.store.read(|_| Ok(())).await.is_ok()
    } else {
        pulse.beats(&state).await
    };
    answer(works)
}

pub(super) async fn ready(state: Data<AppState>, pulse: Data<Pulse>) -> HttpResponse {
    let able = !state.stop.is_cancelled() && !state.store.is_read_only();
    answer(able && pulse.beats(&state).await)
}

fn answer(fine: bool) -> HttpResponse {
    if fine {
        HttpResponse::Ok().content_type("text/plain").body("ok")
    } else {
        HttpResponse::ServiceUnavailable()
            .content_type("text/plain")
            .body("fail")
    }
}
