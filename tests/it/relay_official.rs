//! A whole session of the official management panel, from another origin, with
//! the Admin Key: it sends what the panel sends, in its order, and looks at what
//! the panel depends on.

use cpamp::fake::Gateway;
use cpamp::fake::upstream::{Answer as Reply, Call};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::door::Door;
use crate::support::gateway::laboratory;
use crate::support::panel::{ADMIN_KEY, Answer, Browser};

const ORIGIN: &str = "https://panel.example.com";
/// The only headers of an answer it reads.
const READ: [&str; 3] = ["X-CPA-VERSION", "X-CPA-BUILD-DATE", "X-CPA-SUPPORT-PLUGIN"];

/// The panel in a browser: every call has its origin and, but for the preflight
/// before it, the key.
struct Official<'d> {
    door: &'d Door,
    browser: Browser,
}

impl<'d> Official<'d> {
    fn new(door: &'d Door, key: &str) -> Self {
        let browser = door
            .panel
            .visitor()
            .with("origin", ORIGIN)
            .with("accept", "application/json, text/plain, */*")
            .with("authorization", &format!("Bearer {key}"));
        Self { door, browser }
    }

    async fn preflight(&self, method: &Method, path: &str) {
        let asks = [
            ("origin", ORIGIN),
            ("access-control-request-method", method.as_str()),
            (
                "access-control-request-headers",
                "authorization,content-type",
            ),
        ];
        let visitor = self.door.panel.visitor();
        let answer = visitor.send(Method::OPTIONS, path, "", &asks).await;
        assert!(
            answer.status.is_success(),
            "{method} {path}: {}",
            answer.status
        );
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
        let methods = answer.header("access-control-allow-methods");
        assert!(methods.contains(method.as_str()), "{methods}");
        let headers = answer.header("access-control-allow-headers").to_lowercase();
        assert!(headers.contains("authorization") && headers.contains("content-type"));
    }

    async fn call(&self, method: Method, path: &str, kind: &str, body: &str) -> Answer {
        let path = if path.starts_with("/v1/") {
            path.to_owned()
        } else {
            format!("/v0/management{path}")
        };
        self.preflight(&method, &path).await;
        let headers = [("content-type", kind)];
        let headers = if kind.is_empty() { &[][..] } else { &headers };
        let answer = self.browser.send(method, &path, body, headers).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            ORIGIN,
            "{path}"
        );
        assert!(!answer.status.is_redirection(), "{path}");
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, "", "").await
    }

    async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }

    async fn write(&self, method: Method, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let answer = self.call(method, path, "application/json", &body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.body);
        answer.json()
    }
}

async fn door() -> Door {
    let named = |setup: crate::support::panel::Setup| setup.env("CPAMP_CORS_ORIGINS", ORIGIN);
    Door::with(laboratory(), named).await
}

fn upstream(call: &Call) -> Result<Reply, String> {
    let body = match call.url.as_str() {
        "https://auth.openai.com/oauth/token" => {
            r#"{"email":"new@example.com","access_token":"t"}"#.to_owned()
        }
        "https://api.example.com/usage" => {
            json!({"seen": call.headers.get("Authorization")}).to_string()
        }
        _ => return Err("dial tcp: connect: connection refused".to_owned()),
    };
    Ok(Reply {
        status: 200,
        body,
        ..Reply::default()
    })
}

#[tokio::test]
async fn it_logs_in_and_opens_its_dashboard() {
    let door = door().await;
    // A wrong key is 401, never a redirect, and the gateway sees nothing of it.
    let wrong = Official::new(&door, "not-the-admin-key");
    let refused = wrong.get("/config").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.json()["error"].is_string(), "{}", refused.body);
    assert_eq!(door.bytes_seen(), 0);

    let panel = Official::new(&door, ADMIN_KEY);
    let config = panel.get("/config").await;
    assert_eq!(config.status, StatusCode::OK);
    let exposed = config.header("access-control-expose-headers").to_owned();
    for name in READ {
        assert!(!config.header(&name.to_lowercase()).is_empty(), "{name}");
        assert!(exposed.contains(name), "{exposed}");
    }
    let config = config.json();
    // In clear: the panel writes back what it reads.
    assert_eq!(config["claude-api-key"][0]["api-key"], "sk-ant-mock-0001");

    panel.read("/api-key-usage").await;
    for _ in 0..2 {
        let files = panel.read("/auth-files").await;
        assert_eq!(files["files"].as_array().unwrap().len(), 6);
    }
    panel.read("/plugins").await;
    let key = config["api-keys"][0].as_str().unwrap();
    let models = Official::new(&door, key);
    let models = models.read("/v1/models").await;
    assert!(models["data"].is_array());
    // Anything of a client key that is no client key leaves the panel logged in.
    let models = Official::new(&door, "no-client-key")
        .get("/v1/models")
        .await;
    assert_eq!(models.status, StatusCode::UNAUTHORIZED);
    assert_eq!(panel.get("/config").await.status, StatusCode::OK);
}

#[tokio::test]
async fn it_edits_the_configuration_and_the_keys_in_it() {
    let door = door().await;
    let panel = Official::new(&door, ADMIN_KEY);
    // Once when the page opens, on save, on confirm: the same bytes.
    let first = panel.get("/config.yaml").await;
    assert_eq!(first.header("cache-control"), "no-store");
    assert_eq!(first.body, door.gateway.config_yaml());
    for _ in 0..2 {
        assert_eq!(panel.get("/config.yaml").await.body, first.body);
    }
    let text = first
        .body
        .replace("client-key-beta-0002", "client-key-beta-0003");
    let yaml = "application/yaml";
    let put = panel.call(Method::PUT, "/config.yaml", yaml, &text).await;
    assert_eq!(put.json(), json!({"ok": true, "changed": ["config"]}));
    assert_eq!(panel.get("/config.yaml").await.body, text);
    let config = panel.read("/config").await;
    assert_eq!(config["api-keys"][1], "client-key-beta-0003");
    let broken = panel.call(Method::PUT, "/config.yaml", yaml, "a: [").await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert_eq!(broken.json()["error"], "invalid_yaml");
    assert_eq!(panel.get("/config.yaml").await.body, text);

    let on = panel
        .write(Method::PUT, "/request-log", &json!({"value": true}))
        .await;
    assert_eq!(on, json!({"status": "ok"}));
    assert_eq!(
        panel.read("/request-log").await,
        json!({"request-log": true})
    );
}

#[tokio::test]
async fn it_edits_providers() {
    let door = door().await;
    let panel = Official::new(&door, ADMIN_KEY);
    // A list is read, one entry changed, and the whole put back as a bare array.
    let config = panel.read("/config").await;
    let mut claude = config["claude-api-key"].clone();
    claude[0]["priority"] = json!(7);
    claude[0]["proxy-url"] = json!("direct");
    panel.write(Method::PUT, "/claude-api-key", &claude).await;
    let now = panel.read("/claude-api-key").await;
    assert_eq!(now["claude-api-key"][0]["priority"], 7);
    let off = json!({"index": 0, "value": {"disabled": true}});
    panel
        .write(Method::PATCH, "/openai-compatibility", &off)
        .await;
    let now = panel.read("/openai-compatibility").await;
    assert_eq!(now["openai-compatibility"][0]["disabled"], true);
    let path = "/gemini-api-key?api-key=AIzaMock0001&base-url=http%3A%2F%2F127.0.0.1%3A9701";
    let deleted = panel.call(Method::DELETE, path, "", "").await;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.body);
    let now = panel.read("/gemini-api-key").await;
    assert_eq!(now, json!({"gemini-api-key": []}));
    // The secret in the address is in no log and no audit line.
    assert!(!door.panel.disk_holds("AIzaMock0001"));
}

#[tokio::test]
async fn it_uploads_edits_and_deletes_auth_files() {
    let door = door().await;
    let panel = Official::new(&door, ADMIN_KEY);
    let part = |name: &str, text: &str| {
        format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/json\r\n\r\n{text}\r\n"
        )
    };
    let upload = async |parts: &[String]| {
        let body = format!("{}--edge--\r\n", parts.concat());
        let kind = "multipart/form-data; boundary=edge";
        panel.call(Method::POST, "/auth-files", kind, &body).await
    };
    let text = r#"{"type":"kimi","access_token":"a-token-of-kimi"}"#;
    let one = upload(&[part("kimi-a@b.json", text)]).await;
    assert_eq!(one.status, StatusCode::OK, "{}", one.body);
    let some = upload(&[part("kimi-2.json", text), part("kimi-3.txt", text)]).await;
    assert_eq!(some.status, StatusCode::MULTI_STATUS);
    assert_eq!(some.json()["status"], "partial");

    let path = "/auth-files/download?name=kimi-a%40b.json";
    let file = panel.get(path).await;
    assert_eq!(file.body, text);
    assert!(panel.read("/auth-files/models?name=kimi-a%40b.json").await["models"].is_array());
    let off = json!({"name": "kimi-a@b.json", "disabled": true});
    let answer = panel.write(Method::PATCH, "/auth-files/status", &off).await;
    assert_eq!(answer["disabled"], true, "its switch needs the answer");
    let note = json!({"name": "kimi-a@b.json", "note": "spare"});
    panel
        .write(Method::PATCH, "/auth-files/fields", &note)
        .await;
    let files = panel.read("/auth-files").await;
    let files = files["files"].as_array().unwrap();
    let kimi = files.iter().find(|file| file["name"] == "kimi-a@b.json");
    assert_eq!(kimi.unwrap()["note"], "spare");

    let both = json!({"names": ["kimi-a@b.json", "kimi-2.json"]});
    let deleted = panel.write(Method::DELETE, "/auth-files", &both).await;
    assert_eq!(deleted["deleted"], 2);
    assert!(!door.panel.disk_holds("a-token-of-kimi"));
}

#[tokio::test]
async fn it_logs_an_account_in() {
    let door = door().await;
    door.gateway.set_upstream(upstream);
    let panel = Official::new(&door, ADMIN_KEY);
    let started = panel.read("/codex-auth-url?is_webui=true").await;
    assert!(started["url"].as_str().unwrap().starts_with("https://"));
    let state = started["state"].as_str().unwrap();
    let status = format!("/get-auth-status?state={state}");
    assert_eq!(panel.read(&status).await, json!({"status": "wait"}));
    let pasted = format!("http://localhost:1455/auth/callback?code=c&state={state}");
    let callback = json!({"provider": "codex", "redirect_url": pasted});
    let handed = panel
        .write(Method::POST, "/oauth-callback", &callback)
        .await;
    assert_eq!(handed, json!({"status": "ok"}));
    assert_eq!(panel.read(&status).await, json!({"status": "ok"}));
    let unknown = panel.get("/get-auth-status?state=nobody").await;
    assert_eq!(unknown.status, StatusCode::OK);
    assert_eq!(unknown.json()["status"], "error");
    let files = panel.get("/auth-files").await.body;
    assert!(files.contains("new@example.com"), "{files}");
    // Whom nobody knows may not finish a log-in through this panel.
    let body = callback.to_string();
    let path = "/v0/management/oauth-callback";
    let stranger = door
        .panel
        .visitor()
        .send(Method::POST, path, &body, &[])
        .await;
    assert!(stranger.status.is_client_error(), "{}", stranger.status);
    let again = panel
        .call(Method::GET, "/oauth-excluded-models", "", "")
        .await;
    assert_eq!(again.json(), json!({"oauth-excluded-models": null}));
}

#[tokio::test]
async fn it_reads_logs_plugins_and_quotas() {
    let door = door().await;
    door.gateway.set_upstream(upstream);
    let panel = Official::new(&door, ADMIN_KEY);
    // This very text turns into the hint to switch logging on.
    let off = panel.get("/logs?limit=10000").await;
    assert_eq!(off.status, StatusCode::BAD_REQUEST);
    assert_eq!(off.json()["error"], "logging to file disabled");
    panel
        .write(Method::PUT, "/logging-to-file", &json!({"value": true}))
        .await;
    let logs = panel.read("/logs?limit=10000").await;
    assert!(logs["lines"].is_array(), "{logs}");
    let cursor = logs["next-cursor"].as_str().unwrap_or_default();
    panel
        .read(&format!("/logs?limit=10000&cursor={cursor}"))
        .await;
    panel.call(Method::DELETE, "/logs", "", "").await;
    let name = "error-v1-responses-2026-03-02T000000-ab12cd34.log";
    door.gateway.put_error_log(name, "a failed request");
    let errors = panel.get("/request-error-logs").await.body;
    assert!(errors.contains(name), "{errors}");
    let log = panel.get(&format!("/request-error-logs/{name}")).await;
    assert_eq!(log.body, "a failed request");

    panel.read("/plugins").await;
    let store = panel.get("/plugin-store").await;
    assert_ne!(store.status, StatusCode::NOT_FOUND, "not: server too old");

    let files = panel.read("/auth-files").await;
    let index = &files["files"][1]["auth_index"];
    let call = json!({
        "authIndex": index, "method": "GET", "url": "https://api.example.com/usage",
        "header": {"Authorization": "Bearer $TOKEN$"},
    });
    let quota = panel.write(Method::POST, "/api-call", &call).await;
    assert_eq!(quota["status_code"], 200);
    assert!(quota["body"].as_str().unwrap().contains("sk-ant-oat-fake"));
    assert!(!door.panel.disk_holds("sk-ant-oat-fake"));
}

/// What it takes for "too old", "logged out" or "banned" is said only where it
/// is so.
#[tokio::test]
async fn refusals_are_not_mistaken() {
    let door = door().await;
    let panel = Official::new(&door, ADMIN_KEY);
    let queue = panel.get("/usage-queue").await;
    assert_eq!(queue.status, StatusCode::FORBIDDEN);
    assert!(queue.json()["error"].is_string());
    assert_eq!(
        panel.get("/no-such-thing").await.status,
        StatusCode::NOT_FOUND
    );
    // The gateway does not take our key any more: that is no bad key of theirs.
    rotate(&door.gateway);
    let answer = panel.get("/config").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(
        answer.header("x-cpa-version"),
        "",
        "no version without an answer"
    );
    door.gateway.stop().await;
    assert_eq!(panel.get("/config").await.status, StatusCode::BAD_GATEWAY);
}

fn rotate(gateway: &Gateway) {
    let text = gateway.config_yaml();
    let line = text
        .lines()
        .find(|line| line.contains("secret-key:"))
        .unwrap();
    let text = text.replace(line, "  secret-key: \"another-key\"");
    gateway.set_config_yaml(&text);
}
