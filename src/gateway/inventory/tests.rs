use serde_json::json;

use super::keys::{LISTS, compatible, provider_key};
use super::*;

fn exchange(path: &str, nth: usize) -> Value {
    let recorded = include_str!("../../../tests/fixtures/recorded/management-exchanges.jsonl");
    recorded
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|e| e["method"] == "GET" && e["path"] == path && e["status"] == 200)
        .nth(nth)
        .unwrap()["json"]
        .take()
}

fn files(nth: usize) -> Vec<Listed> {
    let answer = exchange("/v0/management/auth-files", nth);
    let files = answer["files"].as_array().unwrap();
    files
        .iter()
        .filter_map(|file| auth_file(file.as_object().unwrap()))
        .map(|found| found.listed(str::to_owned))
        .collect()
}

#[test]
fn recorded_auth_files_are_read() {
    let files = files(0);
    let lines: Vec<String> = files
        .iter()
        .map(|f| {
            let (plan, account) = (&f.plan, &f.provider_account);
            format!("{} {} {plan} {account} {}", f.provider, f.title, f.disabled)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "antigravity ag@example.com  proj-1 false",
            "claude ops@example.com   false",
            "codex dev1@example.com plus acct-1 false",
            "codex dev2@example.com team acct-2 true",
            "kimi kimi-moon   false",
            "xai grok@example.com   false",
        ]
    );
    let people: Vec<&str> = files.iter().map(|file| file.person.as_str()).collect();
    assert_eq!(people[1], "ops@example.com");
    assert_eq!(people[4], "", "it names nobody");
    let codex = &files[2];
    assert!(codex.expires_at.is_some());
    assert_eq!(codex.status, "active");
    assert!(
        codex
            .fields
            .iter()
            .all(|(name, _)| name != "recent_requests")
    );
}

/// The same list a moment later, with other counters, says nothing new.
#[test]
fn counters_make_no_difference() {
    let answer = exchange("/v0/management/auth-files", 0);
    let mut file = answer["files"][0].as_object().unwrap().clone();
    let read = |file: &Object| auth_file(file).unwrap().listed(str::to_owned);
    let before = read(&file);
    file.insert("success".into(), json!(99));
    file.insert("failed".into(), json!(7));
    file.insert("recent_requests".into(), json!([{"time": "x"}]));
    file.insert("updated_at".into(), json!("2026-12-01T00:00:00Z"));
    assert_eq!(read(&file), before);
}

#[test]
fn indexes_of_keys_are_those_of_events() {
    let answer = exchange("/v0/management/openai-compatibility", 0);
    let provider = answer["openai-compatibility"][0].as_object().unwrap();
    let told = compatible(provider);
    assert_eq!(told[0].auth_index, "49edba963014b089");
    assert_eq!(
        (&*told[0].provider, &*told[0].title),
        ("mockrouter", "sk-m…0001")
    );
    // Switched off, the gateway does not say the index.
    let answer = exchange("/v0/management/openai-compatibility", 1);
    let provider = answer["openai-compatibility"][0].as_object().unwrap();
    let made = compatible(provider);
    assert_eq!(made[0].auth_index, told[0].auth_index);
    assert!(made[0].disabled);

    for list in LISTS.into_iter().filter(|list| list.ends_with("-api-key")) {
        let answer = exchange(&format!("/v0/management/{list}"), 0);
        for entry in answer[list].as_array().unwrap() {
            let mut entry = entry.as_object().unwrap().clone();
            let told = provider_key(list, &entry).unwrap();
            entry.remove("auth-index");
            let made = provider_key(list, &entry).unwrap();
            assert_eq!(made.auth_index, told.auth_index, "{list}");
            assert!(!format!("{told:?}").contains("mock-0001"), "{told:?}");
        }
    }
}

#[test]
fn old_new_and_broken_entries_are_taken_as_they_are() {
    let read = |value: Value| {
        let found = auth_file(value.as_object().unwrap())?;
        Some(found.listed(str::to_owned))
    };
    // The oldest form: a name, a size, a type.
    let old = read(json!({"name": "a.json", "size": 3, "type": "codex"})).unwrap();
    assert_eq!(
        (&*old.auth_index, &*old.title, &*old.status),
        ("file:a.json", "a", "")
    );
    let odd = read(json!({
        "name": "b.json", "auth_index": 7, "priority": "high", "disabled": "yes",
        "next_retry_after": "soon", "id_token": "eyJ.secret.x", "status": ["x"],
    }))
    .unwrap();
    assert_eq!(
        (odd.priority, odd.disabled, odd.retry_at),
        (None, false, None)
    );
    assert!(!format!("{odd:?}").contains("eyJ.secret"));
    assert_eq!(read(json!({})), None);
}
