//! The gateway's log file and its request logs, kept in memory and shown as if
//! they were files.

use std::collections::{BTreeMap, VecDeque};

use serde_json::json;

use super::config::provider_keys;
use super::reply::{Reply, Request};
use super::world::World;
use crate::domain::units::At;

const MOST_LINES: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Logs {
    lines: VecDeque<(At, String)>,
    /// Number of the first line still kept.
    first: u64,
    /// By name: when, and what.
    of_failures: BTreeMap<String, (At, String)>,
}

impl Logs {
    /// One line, as logrus is set up to write it.
    pub(super) fn write(&mut self, now: At, request_id: Option<&str>, source: &str, text: &str) {
        if self.lines.len() == MOST_LINES {
            self.lines.pop_front();
            self.first += 1;
        }
        let time = now.utc().format("%Y-%m-%d %H:%M:%S");
        let id = request_id.unwrap_or("--------");
        self.lines
            .push_back((now, format!("[{time}] [{id}] [info ] [{source}] {text}")));
    }

    pub(super) fn put_error_log(&mut self, now: At, name: &str, text: &str) {
        self.of_failures
            .insert(name.to_owned(), (now, text.to_owned()));
    }

    fn end(&self) -> u64 {
        self.first + u64::try_from(self.lines.len()).unwrap_or(0)
    }
}

/// How the gateway logs an answered request.
pub(super) fn log_request(
    world: &mut World,
    request: &Request,
    status: u16,
    from: std::net::IpAddr,
) {
    let line = format!(
        "{status:3} | {:>13} | {:>15} | {:<7} \"{}\"",
        "0s",
        from,
        request.method.as_str(),
        request.target
    );
    let now = world.now();
    let is_model_request = request.path.starts_with("/v1");
    let id = format!("{:08x}", world.logs.end());
    world.logs.write(
        now,
        is_model_request.then_some(&id),
        "gin_logger.go:97",
        &line,
    );
}

/// What is logged after every reload.
pub(super) fn log_reload(world: &mut World) {
    let running = world.config.running();
    let count = |path: &str| running.get(path).list().len();
    let files = world.auth_files.iter().count();
    let keys: usize = provider_keys::LISTS
        .iter()
        .filter(|list| list.path != "interactions-api-key")
        .map(|list| count(list.path))
        .sum();
    let line = format!(
        "full client load complete - {} clients ({files} auth files + {} Gemini API keys + {} Vertex API keys \
         + {} Claude API keys + {} Codex keys + {} xAI keys + {} OpenAI-compat)",
        files + keys,
        count("gemini-api-key"),
        count("vertex-api-key"),
        count("claude-api-key"),
        count("codex-api-key"),
        count("xai-api-key"),
        count("openai-compatibility"),
    );
    let now = world.now();
    world.logs.write(now, None, "clients.go:152", &line);
}

/// `GET /logs`: from a cursor, the newest, or all after a time.
pub(super) fn get(world: &mut World, request: &Request) -> Reply {
    if !world.config.logs_to_file() {
        return Reply::error(400, "logging to file disabled");
    }
    let limit = match request.query("limit").filter(|limit| !limit.is_empty()) {
        None => None,
        Some(limit) => match limit.parse::<i64>() {
            Ok(limit @ 1..) => usize::try_from(limit).ok(),
            Ok(_) => return Reply::error(400, "invalid limit: must be greater than zero"),
            Err(_) => return Reply::error(400, "invalid limit: must be a positive integer"),
        },
    };
    let logs = &world.logs;
    let cursor = request.query("cursor").filter(|cursor| !cursor.is_empty());
    let position = cursor
        .and_then(read_cursor)
        .filter(|at| (logs.first..=logs.end()).contains(at));
    let after = request
        .query("after")
        .and_then(|after| after.parse::<i64>().ok())
        .unwrap_or(0);
    let start = position.map_or(0, |at| usize::try_from(at - logs.first).unwrap_or(0));
    let mut lines: Vec<&(At, String)> = logs
        .lines
        .iter()
        .skip(start)
        .filter(|(at, _)| position.is_some() || at.0 / 1_000 > after)
        .collect();
    let scanned = lines.len();
    let mut end = logs.end();
    match (position, limit) {
        // From a cursor the oldest come first; otherwise the newest matter.
        (Some(from), Some(limit)) if lines.len() > limit => {
            lines.truncate(limit);
            end = from + u64::try_from(limit).unwrap_or(0);
        }
        (None, Some(limit)) if lines.len() > limit => {
            lines.drain(..lines.len() - limit);
        }
        _ => {}
    }
    let latest = lines.last().map_or(0, |(at, _)| at.0 / 1_000);
    let scans_all = cursor.is_none() && (limit.is_none() || after > 0);
    let texts: Vec<&String> = lines.iter().map(|(_, text)| text).collect();
    let mut answer = json!({
        "lines": texts, "line-count": if scans_all { scanned } else { texts.len() },
        "latest-timestamp": latest, "next-cursor": format!("line-{end}"),
    });
    if cursor.is_some()
        && position.is_none()
        && let Some(answer) = answer.as_object_mut()
    {
        answer.insert("cursor-reset".to_owned(), json!(true));
    }
    Reply::value(200, &answer)
}

fn read_cursor(cursor: &str) -> Option<u64> {
    cursor.strip_prefix("line-")?.parse().ok()
}

/// `DELETE /logs`. There are no rotated files to remove.
pub(super) fn delete(world: &mut World, _: &Request) -> Reply {
    if !world.config.logs_to_file() {
        return Reply::error(400, "logging to file disabled");
    }
    world.logs.first = world.logs.end();
    world.logs.lines.clear();
    Reply::value(
        200,
        &json!({"success": true, "message": "Logs cleared successfully", "removed": 0}),
    )
}

/// `GET /request-error-logs`, newest first; nothing while every request is
/// logged.
pub(super) fn list_error_logs(world: &mut World, _: &Request) -> Reply {
    let mut files: Vec<_> = world.logs.of_failures.iter().collect();
    files.sort_by_key(|(_, (at, _))| std::cmp::Reverse(*at));
    if world.config.running().get("request-log").is_true() {
        files.clear();
    }
    let files: Vec<String> = files
        .iter()
        .map(|(name, (at, text))| {
            let name = super::go_json::string(name);
            format!(
                "{{\"name\":{name},\"size\":{},\"modified\":{}}}",
                text.len(),
                at.0 / 1_000
            )
        })
        .collect();
    Reply::json(200, format!("{{\"files\":[{}]}}", files.join(",")))
}

/// `GET /request-error-logs/:name`.
pub(super) fn get_error_log(world: &mut World, request: &Request) -> Reply {
    let name = request.last_part();
    if name.contains(['\\', '/']) {
        return Reply::error(400, "invalid log file name");
    }
    let found = world.logs.of_failures.get_key_value(name);
    match found.filter(|(name, _)| name.starts_with("error-") && has_log_suffix(name)) {
        Some((name, (_, text))) => attachment(name, text),
        None => Reply::error(404, "log file not found"),
    }
}

/// `GET /request-log-by-id/:id`.
pub(super) fn get_by_id(world: &mut World, request: &Request) -> Reply {
    let ending = format!("-{}.log", request.last_part());
    match world
        .logs
        .of_failures
        .iter()
        .find(|(name, _)| name.ends_with(&ending))
    {
        Some((name, (_, text))) => attachment(name, text),
        None => Reply::error(404, "log file not found for the given request ID"),
    }
}

fn attachment(name: &str, text: &str) -> Reply {
    Reply::new(200, "text/x-log; charset=utf-8", text.to_owned()).header(
        "Content-Disposition",
        format!("attachment; filename=\"{name}\""),
    )
}

fn has_log_suffix(name: &str) -> bool {
    std::path::Path::new(name)
        .extension()
        .is_some_and(|suffix| suffix == "log")
}
