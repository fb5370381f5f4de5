//! The description of the API, as it is served here: below the base path.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde_json::{Value, json};

use crate::web::error::{Error, Result};
use crate::web::session::Access;
use crate::web::state::AppState;

const DOCUMENT: &str = include_str!("openapi.json");

pub(super) async fn show(state: Data<AppState>, _: Access) -> Result<HttpResponse> {
    let read = serde_json::from_str(DOCUMENT);
    let mut document: Value = read.map_err(|error| Error::Internal(error.to_string()))?;
    if let Some(document) = document.as_object_mut() {
        let server = match state.config.base_path.as_str() {
            "" => "/",
            base => base,
        };
        document.insert(String::from("servers"), json!([{ "url": server }]));
        if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
            let version = env!("CARGO_PKG_VERSION");
            info.insert(String::from("version"), json!(version));
        }
    }
    let cache = (header::CACHE_CONTROL, "private, no-store");
    Ok(HttpResponse::Ok().insert_header(cache).json(document))
}
