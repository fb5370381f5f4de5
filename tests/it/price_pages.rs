//! The price pages as a person uses them, without script: see what a model
//! costs and why, set a price, undo, multiply, price anew.

use cpamp::domain::pricing::{Entry, Layer, Price, Quote, Rate, Rates};
use cpamp::domain::units::{Ms, NanoUsd};
use cpamp::store::prices::{Edit, Item};
use cpamp::store::reprice::{self, State};
use reqwest::StatusCode;

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::gateway::within;
use crate::support::panel::{Browser, Panel};

/// A panel that met `gpt-5`, which ships with a price, and `<b>odd</b>`, which
/// nobody lists.
async fn panel() -> (Panel, Browser) {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut odd = event(2);
    odd.model = String::from("<b>odd</b>");
    store(panel.store(), vec![event(1), odd]).await.unwrap();
    let browser = panel.logged_in().await;
    (panel, browser)
}

fn overrides(panel: &Panel) -> Vec<String> {
    let book = panel.store().prices();
    book.layer(Layer::Override)
        .iter()
        .map(|e| e.model.clone())
        .collect()
}

#[tokio::test]
async fn models_in_use_are_listed_with_the_rule_that_prices_them() {
    let (_panel, browser) = panel().await;
    let page = browser.get("/usage/prices").await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "gpt-5",
        "1.25",
        "0.125",
        "10.00",
        "Built in",
        "LiteLLM 1.109.1",
    ] {
        assert!(page.body.contains(text), "{text}");
    }
    assert!(page.body.contains("&#60;b&#62;odd"), "{}", page.body);
    assert!(page.body.contains("1 models in use have no price"));
    let odd = page.body.find("odd").unwrap();
    assert!(
        odd < page.body.find(">gpt-5<").unwrap(),
        "what is missing comes first"
    );

    let all = browser.get("/usage/prices?show=built_in&q=OPUS-5").await;
    assert!(all.body.contains("claude-opus-5"));
    assert!(!all.body.contains("gpt-5.5"));
    let second = browser.get("/usage/prices?show=built_in&page=1").await;
    assert!(second.body.contains("101 to 200"), "{}", second.body);
    let beyond = browser.get("/usage/prices?show=built_in&page=99999").await;
    assert_eq!(beyond.status, StatusCode::OK);

    browser.set_cookie("cpamp_prefs", "lang=zh-CN");
    let page = browser.get("/usage/prices").await;
    assert!(page.body.contains("无价格"), "{}", page.body);
}

#[tokio::test]
async fn a_price_is_set_found_and_undone() {
    let (panel, browser) = panel().await;
    let form = browser
        .get("/usage/prices/edit?model=gpt-5&provider=codex")
        .await;
    assert!(
        form.body.contains(r#"name="input-0" value="1.25""#),
        "starts from what holds"
    );
    let fields = [
        ("model", "GPT-5"),
        ("lines", "3"),
        ("input-0", "1000"),
        ("output-0", "0"),
        ("tier-1", "priority"),
        ("times-1", "2"),
        ("over-2", "272k"),
        ("input-2", "2000"),
    ];
    let saved = browser.post("/usage/prices/save", &fields).await;
    let list = browser.follow(&saved).await;
    for text in [
        "The price of GPT-5 is saved",
        "Set here",
        "1000.00",
        "priority × 2",
        "above 272 k",
    ] {
        assert!(list.body.contains(text), "{text}\n{}", list.body);
    }
    assert_eq!(overrides(&panel), ["GPT-5"]);
    let book = panel.store().prices();
    let cost = book.cost(&(&event(3)).into()).nanos();
    // 1,000 tokens of input, cached or not
    assert_eq!(cost, Some(NanoUsd(1_000_000_000)));

    let again = browser.get("/usage/prices/edit?model=gpt-5").await;
    assert_eq!(again.hidden("was"), "GPT-5");
    assert!(again.body.contains(r#"value="272000""#));

    let undone = browser
        .post("/usage/prices/undo", &[("batch", list.hidden("batch"))])
        .await;
    let list = browser.follow(&undone).await;
    assert!(list.body.contains("The change is undone"));
    assert!(overrides(&panel).is_empty());
}

#[tokio::test]
async fn a_mistake_keeps_what_was_written() {
    let (panel, browser) = panel().await;
    let fields = [
        ("model", ""),
        ("lines", "1"),
        ("input-0", "1,5"),
        ("output-0", "<7>"),
        ("then", "anew"),
    ];
    let answer = browser.post("/usage/prices/save", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "Not saved",
        "Name a model",
        r##"<a href="#f-input-0">Input, "##,
        r#"value="1,5""#,
        "&#60;7&#62;",
        "aria-invalid",
    ] {
        assert!(answer.body.contains(text), "{text}");
    }
    assert!(overrides(&panel).is_empty());
}

#[tokio::test]
async fn a_row_opens_its_form_in_its_place() {
    let (_panel, browser) = panel().await;
    let row = browser.region("/usage/prices/edit?model=gpt-5", "p1").await;
    assert_eq!(row.status, StatusCode::OK);
    assert!(
        row.body.trim_start().starts_with(r#"<tr id="p1""#),
        "{}",
        row.body
    );
    let other = browser
        .region("/usage/prices/edit?model=gpt-5", "main")
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn removing_leaves_the_layer_below() {
    let (panel, browser) = panel().await;
    let fields = [("model", "gpt-5"), ("like", "gpt-5.4")];
    browser.post("/usage/prices/save", &fields).await;
    let list = browser.get("/usage/prices?show=own").await;
    assert!(
        list.body.contains("costs what gpt-5.4 costs"),
        "{}",
        list.body
    );
    let fields = [("layer", "override"), ("model", "gpt-5"), ("seller", "")];
    let removed = browser.post("/usage/prices/remove", &fields).await;
    let list = browser.follow(&removed).await;
    assert!(list.body.contains("The price of gpt-5 is removed"));
    assert!(overrides(&panel).is_empty());
    let fields = [
        ("layer", "built_in"),
        ("model", "gpt-5"),
        ("seller", "openai"),
    ];
    let refused = browser.post("/usage/prices/remove", &fields).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_a_price_leaves_unpriced_is_said_in_words() {
    let (_panel, browser) = panel().await;
    let save = async |rates: &[(&str, &str)]| {
        let fields = [&[("model", "gpt-5"), ("lines", "1")], rates].concat();
        let saved = browser.post("/usage/prices/save", &fields).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        browser.get("/usage/prices?show=own").await.body
    };
    let said = "requests with output stay unpriced";
    assert!(save(&[("input-0", "1")]).await.contains(said));
    let page = save(&[("input-0", "1"), ("output-0", "0")]).await;
    assert!(!page.contains(said), "free is a price: {page}");
    let page = save(&[("request", "0.1")]).await;
    assert!(page.contains(said) && page.contains("requests with input stay unpriced"));
}

#[tokio::test]
async fn multipliers_are_added_and_removed() {
    let (panel, browser) = panel().await;
    let page = browser.get("/usage/prices/multipliers").await;
    assert!(page.body.contains("tier flex"));
    let add = async |subject: &str, input: &str| {
        let fields = [
            ("models", "*"),
            ("kind", "provider"),
            ("subject", subject),
            ("input", input),
            ("output", ""),
        ];
        browser.post("/usage/prices/multipliers", &fields).await
    };
    // What is refused stays in the form, and the field says why.
    let refused = add("codex", "-1").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "Not saved",
        "<option value=\"provider\" selected>",
        "name=\"subject\" value=\"codex\"",
        "name=\"input\" value=\"-1\"",
        "id=\"m-input-e\"",
        "<a href=\"#m-input\">Input times: Below zero.</a>",
    ] {
        assert!(refused.body.contains(text), "{text}\n{}", refused.body);
    }
    assert_eq!(refused.body.matches("aria-invalid").count(), 1);
    let refused = add("", "1").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("href=\"#m-subject\""));
    let page = browser.follow(&add("codex", "0.5").await).await;
    assert!(
        page.body.contains("served by provider codex"),
        "{}",
        page.body
    );
    let cost = panel.store().prices().cost(&(&event(3)).into()).nanos();
    assert_eq!(cost, Some(NanoUsd(1_265_000)));
    // Another factor for the same is instead of it, until that is undone.
    let own = async |page: &str| {
        let factor = page.matches("served by provider codex").count();
        // Once in its row, once in the name of its button.
        (
            factor / 2,
            panel.store().prices().cost(&(&event(3)).into()).nanos(),
        )
    };
    let page = browser.follow(&add("codex", "0.25").await).await;
    assert_eq!(own(&page.body).await, (1, Some(NanoUsd(632_500))));
    let undo = [("batch", page.hidden("batch"))];
    let undone = browser.post("/usage/prices/undo", &undo).await;
    browser.follow(&undone).await;
    let page = browser.get("/usage/prices/multipliers").await;
    assert_eq!(own(&page.body).await, (1, Some(NanoUsd(1_265_000))));

    let own = page.hidden("multiplier").replace("&#34;", "\"");
    let removed = browser
        .post("/usage/prices/multipliers/remove", &[("multiplier", &own)])
        .await;
    let page = browser.follow(&removed).await;
    assert!(!page.body.contains("served by provider codex"));

    // An account is offered, and shown, by the name that people know.
    let identity = event(1).account.identity;
    let option = format!(
        "<option value=\"{identity}\">{} (account)",
        event(1).account.label
    );
    assert!(page.body.contains(&option), "no {option} in {}", page.body);
    let fields = [
        ("models", "*"),
        ("kind", "account"),
        ("subject", identity.as_str()),
        ("input", "0.5"),
        ("output", ""),
    ];
    let added = browser.post("/usage/prices/multipliers", &fields).await;
    let page = browser.follow(&added).await.body;
    let row = format!("served by account {}", event(1).account.label);
    assert!(page.contains(&row), "no {row} in {page}");
}

#[tokio::test]
async fn earlier_requests_are_priced_anew_and_back() {
    let (panel, browser) = panel().await;
    let fields = [
        ("model", "gpt-5"),
        ("lines", "1"),
        ("input-0", "1000"),
        ("output-0", "0"),
        ("then", "anew"),
    ];
    let saved = browser.post("/usage/prices/save", &fields).await;
    let page = browser.follow(&saved).await;
    // One request: 0.00253 now, a dollar then.
    for text in ["$0.0025", "$1.0000", "$0.9975"] {
        assert!(page.body.contains(text), "{text}\n{}", page.body);
    }
    assert_eq!(page.hidden("model"), "gpt-5");
    let shown = ["model", "range", "shown_at", "shown_by"].map(|name| (name, page.hidden(name)));
    let begun = browser.post("/usage/prices/anew", &shown).await;
    browser.follow(&begun).await;
    let state = async |wanted: State| {
        within(async {
            loop {
                let job = panel.store().read(reprice::latest).await.unwrap().unwrap();
                if job.state == wanted {
                    break;
                }
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    state(State::Done).await;
    let job = browser.region("/usage/prices/anew", "job").await;
    assert!(
        job.body.contains("done") && job.body.contains("$1.0000"),
        "{}",
        job.body
    );
    assert!(!job.body.contains("hx-get"), "it is over");

    let undo = browser.post("/usage/prices/anew/undo", &[]).await;
    browser.follow(&undo).await;
    state(State::Undone).await;
    let requests = browser.get("/requests?range=all").await;
    assert!(requests.body.contains("0.0025"), "{}", requests.body);
}

#[tokio::test]
async fn nobody_changes_a_price_without_a_session() {
    let panel = Panel::start().await;
    let visitor = panel.visitor();
    for path in [
        "/usage/prices/save",
        "/usage/prices/remove",
        "/usage/prices/undo",
        "/usage/prices/sources",
        "/usage/prices/sources/check",
        "/usage/prices/multipliers",
        "/usage/prices/anew",
    ] {
        let answer = visitor.post(path, &[("batch", "1")]).await;
        let location = answer.header("location");
        assert!(
            location.contains("/login") || answer.status == StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
}

/// The list as a file: exactly as filtered, and what is not set is not zero.
#[tokio::test]
async fn the_list_is_a_file_that_tells_unset_from_free() {
    let (panel, browser) = panel().await;
    let entry = Entry {
        model: String::from("gpt-5"),
        seller: String::new(),
        quote: Quote::Price(Price {
            rates: Rates {
                input: Rate::per_million("2.5").ok(),
                output: Some(Rate::ZERO),
                ..Rates::default()
            },
            ..Price::default()
        }),
        source: String::from("manual"),
        as_of: MORNING,
    };
    let edit = Edit::Put(Item::Price(Layer::Override, Box::new(entry)));
    panel
        .store()
        .edit_prices(MORNING, vec![edit])
        .await
        .unwrap();

    let page = browser.get("/usage/prices?q=gpt").await;
    assert!(
        page.body.contains("/usage/prices.csv?q=gpt"),
        "{}",
        page.body
    );
    let json = browser.get("/usage/prices.json?q=gpt").await.json();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{json}");
    assert_eq!(rows[0]["model"], "gpt-5");
    assert_eq!(rows[0]["layer"], "override");
    assert_eq!(rows[0]["via"], "name");
    assert_eq!(rows[0]["input_usd_per_million"], "2.50");
    assert_eq!(rows[0]["output_usd_per_million"], "0.00");
    assert!(rows[0]["cache_read_usd_per_million"].is_null());

    let csv = browser.get("/usage/prices.csv").await;
    let mut reader = csv::Reader::from_reader(csv.body.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let models: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
    // Those without a price come first, and say so.
    assert_eq!(models, ["<b>odd</b>", "gpt-5"]);
    assert_eq!((&rows[0][2], &rows[1][2]), ("false", "true"));
    let shipped = browser.get("/usage/prices.json?show=built_in").await.json();
    assert!(shipped["rows"].as_array().unwrap().len() > 400);
}
