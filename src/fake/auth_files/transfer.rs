//! Auth files in and out: download, upload, delete.

use serde_json::{Value as Json, json};

use crate::fake::go_json;
use crate::fake::multipart::{self, Part};
use crate::fake::reply::{Reply, Request};
use crate::fake::world::World;

/// The file with its tokens.
pub(in crate::fake) fn download(world: &mut World, request: &Request) -> Reply {
    let name = match file_name(request.query("name")) {
        Ok(name) => name,
        Err(refusal) => return Reply::error(400, refusal),
    };
    match world.auth_files.get(name) {
        Some(file) => Reply::new(200, "application/json", file.text.clone()).header(
            "Content-Disposition",
            format!("attachment; filename=\"{name}\""),
        ),
        None => Reply::error(404, "file not found"),
    }
}

/// One or more files as a form, or one as the body.
pub(in crate::fake) fn upload(world: &mut World, request: &Request) -> Reply {
    let content_type = request.header("content-type");
    if content_type.starts_with("multipart/form-data") {
        return match multipart::parts(content_type, &request.body) {
            None => Reply::error(400, "invalid multipart form: malformed"),
            Some(parts) => upload_parts(world, &parts),
        };
    }
    let name = match file_name(request.query("name")) {
        Ok(name) => name,
        Err(refusal) => return Reply::error(400, refusal),
    };
    match put(world, name, &String::from_utf8_lossy(&request.body)) {
        Ok(()) => Reply::ok(),
        Err(refusal) => Reply::error(500, &refusal),
    }
}

fn upload_parts(world: &mut World, parts: &[Part]) -> Reply {
    let mut uploaded = Vec::new();
    let mut failed = Vec::new();
    for part in parts.iter().filter(|part| !part.file_name.is_empty()) {
        let name = part.file_name.as_str();
        let put = if name.to_lowercase().ends_with(".json") {
            put(world, name, &part.text).map_err(|refusal| (500, refusal))
        } else {
            Err((400, "file must be .json".to_owned()))
        };
        match put {
            Ok(()) => uploaded.push(name),
            Err((status, refusal)) => {
                failed.push((status, json!({"name": name, "error": refusal})));
            }
        }
    }
    match (uploaded.as_slice(), failed.as_slice()) {
        ([], []) => Reply::error(400, "no files uploaded"),
        ([_], []) => Reply::ok(),
        ([], [(status, failure)]) => Reply::value(*status, &json!({"error": failure["error"]})),
        _ => outcome(
            "uploaded",
            uploaded.len(),
            &json!(uploaded),
            failed.into_iter().map(|(_, f)| f),
        ),
    }
}

/// By name, repeated if need be, in the query or the body; or all of them.
pub(in crate::fake) fn delete(world: &mut World, request: &Request) -> Reply {
    if matches!(request.query("all"), Some("true" | "1" | "*")) {
        let names: Vec<String> = world
            .auth_files
            .iter()
            .map(|file| file.name.clone())
            .collect();
        for name in &names {
            world.auth_files.remove(name);
        }
        world.auth_files_changed();
        return Reply::value(200, &json!({"status": "ok", "deleted": names.len()}));
    }
    let mut names: Vec<String> = request.queries("name").map(str::to_owned).collect();
    if names.is_empty() && !request.body.is_empty() {
        match request.json().and_then(|body| named(&body)) {
            Some(in_body) => names = in_body,
            None => return Reply::error(400, "invalid request body"),
        }
    }
    let mut deleted = Vec::new();
    let mut failed = Vec::new();
    for name in &names {
        match file_name(Some(name)) {
            Ok(name) if world.auth_files.remove(name) => deleted.push(name),
            Ok(_) => failed.push((404, json!({"name": name, "error": "auth file not found"}))),
            Err(refusal) => failed.push((400, json!({"name": name, "error": refusal}))),
        }
    }
    if !deleted.is_empty() {
        world.auth_files_changed();
    }
    match (deleted.as_slice(), failed.as_slice()) {
        ([], []) => Reply::error(400, "invalid name"),
        ([_], []) => Reply::ok(),
        ([], [(status, failure)]) => Reply::value(*status, &json!({"error": failure["error"]})),
        _ => outcome(
            "deleted",
            deleted.len(),
            &json!(deleted),
            failed.into_iter().map(|(_, f)| f),
        ),
    }
}

/// `["a"]`, `{"name":"a"}` or `{"names":["a"]}`.
fn named(body: &Json) -> Option<Vec<String>> {
    let list = match body {
        Json::Object(body) => match body.get("name") {
            Some(name) => vec![name.clone()],
            None => body.get("names")?.as_array()?.clone(),
        },
        body => body.as_array()?.clone(),
    };
    list.iter()
        .map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}

/// Several files: all went well, or some did.
fn outcome(verb: &str, count: usize, names: &Json, failed: impl Iterator<Item = Json>) -> Reply {
    let failed: Vec<Json> = failed.collect();
    let mut answer = json!({"status": "ok", verb: count, "files": names});
    if failed.is_empty() {
        return Reply::value(200, &answer);
    }
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("status".to_owned(), json!("partial"));
        answer.insert("failed".to_owned(), Json::Array(failed));
    }
    Reply::value(207, &answer)
}

fn put(world: &mut World, name: &str, text: &str) -> Result<(), String> {
    let now = world.now();
    if let Some(what) = go_json::syntax_error(text) {
        return Err(format!("invalid auth file: {what}"));
    }
    if !world.auth_files.put(name, text, now) {
        return Err("invalid auth file: json: cannot unmarshal into Go value of type map[string]interface {}".to_owned());
    }
    world.auth_files_changed();
    Ok(())
}

/// A plain name of a JSON file.
fn file_name(name: Option<&str>) -> Result<&str, &'static str> {
    let name = name.map(str::trim).unwrap_or_default();
    if name.is_empty() || name.contains(['/', '\\']) {
        Err("invalid name")
    } else if !name.to_lowercase().ends_with(".json") {
        Err("name must end with .json")
    } else {
        Ok(name)
    }
}
