//! Whether the process works (`/healthz`: the writer answers, or the database
//! can at least be read as it was at the start) and whether it is
//! of use (`/readyz`: it is also not about to stop). Two words, nothing else.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::web::state::AppState;

/// A writer that waits for a locked database is alive, but not for long.
const PATIENCE: Duration = Duration::from_secs(4);

pub(super) async fn live(state: Data<AppState>) -> HttpResponse {
    let works = if state.store.is_read_only() {
        // A restart would not help; it goes on by itself.
        state.store.read(|_| Ok(())).await.is_ok()
    } else {
        writer_answers(&state).await
    };
    answer(works)
}

pub(super) async fn ready(state: Data<AppState>) -> HttpResponse {
    answer(!state.stop.is_cancelled() && writer_answers(&state).await)
}

async fn writer_answers(state: &AppState) -> bool {
    let nothing = state.store.write(|_| Ok(()));
    matches!(tokio::time::timeout(PATIENCE, nothing).await, Ok(Ok(())))
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
