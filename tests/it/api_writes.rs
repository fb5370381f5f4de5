//! Setting prices and aliases through the API: what is done, what is refused,
//! and who may.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api_described::busy;
use crate::support::events::event;
use crate::support::panel::{Answer, Browser};

async fn send(who: &Browser, method: Method, path: &str, body: &Value) -> Answer {
    let path = format!("/v0/management/{path}");
    who.send(method, &path, &body.to_string(), &[]).await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(answer.json().get("code").unwrap(), code, "{}", answer.body);
}

#[tokio::test]
async fn an_alias_is_set_refused_and_cleared() {
    let (panel, script) = busy().await;
    let hash = event(1).client_key.hash;
    let path = format!("api-key-aliases/{hash}");
    let set = send(
        &script,
        Method::PUT,
        &path,
        &json!({"alias": " Team  web "}),
    )
    .await;
    assert_eq!(
        set.json(),
        json!({"id": hash, "alias": "Team web", "changed": true})
    );
    let again = send(&script, Method::PUT, &path, &json!({"alias": "Team web"})).await;
    assert_eq!(again.json()["changed"], false);
    let all = script.get("/v0/management/api-key-aliases").await.json();
    let items = all["items"].as_array().unwrap();
    let named = items.iter().find(|item| item["id"] == hash).unwrap();
    assert_eq!(named["alias"], "Team web");
    assert_eq!(named["state"], "not_listed");
    let by_key = script
        .get("/v0/management/usage/keys?range=30d")
        .await
        .json();
    let labels: Vec<&Value> = by_key["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["label"])
        .collect();
    assert!(labels.contains(&&json!("Team web")), "{labels:?}");
    let page = panel.logged_in().await.get("/keys").await.body;
    assert!(page.contains("Team web"));

    let other = "api-key-aliases/00000000000000ff";
    let taken = send(&script, Method::PUT, other, &json!({"alias": "TEAM WEB"})).await;
    refused(&taken, 409, "alias_taken");
    let secret = json!({"alias": "sk-proj-0123456789abcdef0123"});
    refused(
        &send(&script, Method::PUT, &path, &secret).await,
        400,
        "bad_alias",
    );
    refused(
        &send(&script, Method::PUT, &path, &json!({"alias": " "})).await,
        400,
        "bad_alias",
    );
    refused(
        &send(&script, Method::PUT, &path, &json!({"name": "x"})).await,
        400,
        "bad_body",
    );
    refused(
        &send(&script, Method::PUT, &path, &json!([])).await,
        400,
        "bad_body",
    );
    let nobody = "api-key-aliases/ffffffffffffffff";
    refused(
        &send(&script, Method::PUT, nobody, &json!({"alias": "x"})).await,
        404,
        "not_found",
    );

    let cleared = send(&script, Method::DELETE, &path, &json!(null)).await;
    assert_eq!(
        cleared.json(),
        json!({"id": hash, "alias": null, "changed": true})
    );
    assert_eq!(panel.store().names().read().key_alias(&hash), None);
}

#[tokio::test]
async fn a_price_is_set_found_undone_and_removed() {
    let (_panel, script) = busy().await;
    let look = async || {
        let found = script
            .get("/v0/management/model-prices/lookup?model=gpt-5&provider=codex")
            .await;
        found.json()["found"].clone()
    };
    let shipped = look().await;
    assert_eq!(shipped["rule"]["layer"], "built_in");
    let price = json!({
        "rates": {"input": "1.5", "output": "0", "cache_read": null},
        "request": "0.25",
        "above": [{"over": 272_000, "rates": {"input": "3"}}],
        "tiers": [{"tier": "flex", "times": "0.5"}],
    });
    let wanted = json!({"model": "GPT-5", "price": price});
    let set = send(&script, Method::PUT, "model-prices", &wanted).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    let batch = set.json()["batch"].as_i64().unwrap();
    let own = look().await;
    assert_eq!(own["rule"]["layer"], "override");
    assert_eq!(own["price"]["rates"]["input"], "1.50");
    assert_eq!(own["price"]["rates"]["output"], "0.00");
    assert!(
        own["price"]["rates"]["cache_read"].is_null(),
        "unset is not zero"
    );
    assert_eq!(own["price"]["request"], "0.250000000");
    assert_eq!(own["price"]["tiers"][0]["times"], "0.5");
    let listed = script
        .get("/v0/management/model-prices?layer=override")
        .await
        .json();
    assert_eq!(listed["prices"].as_array().unwrap().len(), 1);
    // What is shown can be sent back.
    let back = json!({"model": "GPT-5", "price": own["price"]});
    let same = send(&script, Method::PUT, "model-prices", &back).await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.body);

    let undo = async |batch: i64| {
        let batch = json!({ "batch": batch });
        send(&script, Method::POST, "model-prices/undo", &batch).await
    };
    refused(&undo(1_000).await, 404, "not_found");
    let gone = script.send(
        Method::DELETE,
        "/v0/management/model-prices?model=GPT-5",
        "",
        &[],
    );
    let gone = gone.await.json()["batch"].as_i64().unwrap();
    assert_eq!(look().await, shipped);
    refused(&undo(batch).await, 409, "overtaken");
    assert_eq!(undo(gone).await.status, StatusCode::OK);
    assert_eq!(look().await["rule"]["layer"], "override");
    let like = json!({"model": "other", "like": "gpt-5"});
    let copied = send(&script, Method::PUT, "model-prices", &like).await;
    assert!(copied.json()["batch"].is_i64());

    for wrong in [
        json!({"model": "m"}),
        json!({"model": "m", "like": "n", "price": price}),
        json!({"model": " ", "price": price}),
        json!({"model": "m", "price": {"rates": {"input": "-1"}}}),
        json!({"model": "m", "price": {"rates": {}}}),
    ] {
        let answer = send(&script, Method::PUT, "model-prices", &wrong).await;
        refused(&answer, 400, "bad_price");
    }
    let unknown = json!({"model": "m", "price": {"rates": {"inptu": "1"}}});
    let answer = send(&script, Method::PUT, "model-prices", &unknown).await;
    refused(&answer, 400, "bad_body");
    let shipped = "/v0/management/model-prices?layer=built_in&model=gpt-5";
    let answer = script.send(Method::DELETE, shipped, "", &[]).await;
    refused(&answer, 400, "bad_parameter");
}

#[tokio::test]
async fn only_the_panel_s_own_pages_may_change_with_a_session() {
    let (panel, _) = busy().await;
    let browser = panel.logged_in().await;
    let hash = event(1).client_key.hash;
    let path = format!("/v0/management/api-key-aliases/{hash}");
    let body = json!({"alias": "Anna"}).to_string();
    for site in ["cross-site", "same-site", "none"] {
        let headers = [("sec-fetch-site", site)];
        let answer = browser.send(Method::PUT, &path, &body, &headers).await;
        refused(&answer, 403, "cross_site");
    }
    let own = [("sec-fetch-site", "same-origin")];
    let answer = browser.send(Method::PUT, &path, &body, &own).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}
