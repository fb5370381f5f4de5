//! `POST /vertex/import`: a service account becomes an auth file.

use serde_json::{Value as Json, json};

use super::multipart;
use super::reply::{Reply, Request};
use super::world::World;

pub(super) fn import(world: &mut World, request: &Request) -> Reply {
    let parts = multipart::parts(request.header("content-type"), &request.body).unwrap_or_default();
    let Some(file) = parts.iter().find(|part| part.name == "file") else {
        return Reply::error(400, "file required");
    };
    let account: Json = match serde_json::from_str(&file.text) {
        Ok(account) => account,
        Err(_) => return Reply::coded_error(400, "invalid json", "unexpected end of JSON input"),
    };
    let text = |key: &str| account.get(key).and_then(Json::as_str).unwrap_or_default();
    let (project, email) = (text("project_id"), text("client_email"));
    if text("private_key").is_empty() {
        return Reply::coded_error(400, "invalid service account", "private_key is missing");
    }
    if project.is_empty() {
        return Reply::error(400, "project_id missing");
    }
    let in_form = parts
        .iter()
        .find(|part| part.name == "location")
        .map(|part| part.text.as_str());
    let location = in_form
        .or_else(|| request.query("location"))
        .filter(|location| !location.is_empty())
        .unwrap_or("us-central1");
    let name = format!("vertex-{project}.json");
    let content = json!({
        "type": "vertex", "email": email, "project_id": project, "location": location,
        "service_account": account, "disabled": false,
    });
    let now = world.now();
    world
        .auth_files
        .put(&name, &super::go_json::text(&content), now);
    world.auth_files_changed();
    let path = format!("{}/{name}", world.config.auth_dir());
    Reply::value(
        200,
        &json!({
            "status": "ok", "auth-file": path, "project_id": project, "email": email, "location": location,
        }),
    )
}
