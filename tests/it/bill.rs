//! The bill of a request, on its page and in the API: tokens × rate ×
//! multipliers, and every term that made them, as they were when it was stored.

use cpamp::domain::event::Event;
use cpamp::domain::pricing::{
    Entry, Factor, Layer, Multiplier, Pattern, Price, Quote, Rate, Rates, When,
};
use cpamp::domain::units::{Ms, NanoUsd};
use cpamp::store::prices::{Edit, Item};

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::html::decoded;
use crate::support::panel::{ADMIN_KEY, Panel};

const ASKED: &str = "acme/GPT-X(high)";

fn priced(input: &str) -> Edit {
    let price = Price {
        rates: Rates {
            input: Rate::per_million(input).ok(),
            output: Rate::per_million("8").ok(),
            ..Rates::default()
        },
        request: Some(NanoUsd(1_000_000)),
        ..Price::default()
    };
    Edit::Put(Item::Price(
        Layer::Override,
        Box::new(Entry {
            model: String::from("gpt-x"),
            seller: String::new(),
            quote: Quote::Price(price),
            source: String::from("manual"),
            as_of: MORNING,
        }),
    ))
}

fn times(when: When, input: &str, output: &str) -> Edit {
    Edit::Put(Item::Multiplier(Multiplier {
        model: Pattern::new("gpt-*"),
        when,
        input: Factor::parse(input).unwrap(),
        output: Factor::parse(output).unwrap(),
    }))
}

/// A long request in a tier, through a provider with a surcharge.
fn long() -> Event {
    let mut event = event(1);
    ASKED.clone_into(&mut event.model);
    "priority".clone_into(&mut event.tier);
    "priority".clone_into(&mut event.served_tier);
    event.tokens.uncached = Some(200_000);
    event.tokens.cache_read = Some(100_000);
    event.tokens.output = Some(1_000);
    event.tokens.reasoning = Some(0);
    event
}

async fn panel() -> Panel {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let provider = When::Provider(Pattern::new("codex"));
    let tier = When::Tier {
        tier: String::from("priority"),
        up_to: None,
    };
    let edits = vec![
        priced("2"),
        times(tier, "2", "2"),
        times(When::Above { over: 100_000 }, "2", "1.5"),
        times(provider, "1.5", "2"),
    ];
    panel.store().edit_prices(MORNING, edits).await.unwrap();
    store(panel.store(), vec![long()]).await.unwrap();
    panel
}

#[tokio::test]
async fn the_page_says_every_term_and_keeps_saying_it_when_prices_change() {
    let panel = panel().await;
    let browser = panel.logged_in().await;
    let path = format!("/requests/{}", long().key);
    let page = decoded(&browser.get(&path).await.body);
    let terms = [
        "<code><bdi>gpt-x</bdi></code> <span class=\"soft\"><bdi>Set here</bdi></span>",
        "href=\"/usage/prices?show=own&q=gpt-x\"",
        "without the seller in front",
        "looked up as acme/GPT-X(high)",
        "known from 1 Mar",
        "priority: × 2",
        "more than 100,000 tokens of input: input × 2, output × 1.5",
        "served by provider codex: input × 1.5, output × 2",
        "no price of its own: costs as input",
        "<td class=\"number\">$2.00</td><td class=\"number\">6</td><td class=\"number\">$2.400000</td>",
        "<td class=\"number\">$0.001000</td><td class=\"number\">3</td><td class=\"number\">$0.003000</td>",
        "$3.651000",
    ];
    for term in terms {
        assert!(page.contains(term), "no {term} in\n{page}");
    }
    assert!(!page.contains("At today’s prices"), "{page}");

    panel
        .store()
        .edit_prices(MORNING, vec![priced("4")])
        .await
        .unwrap();
    let page = decoded(&browser.get(&path).await.body);
    for term in terms {
        assert!(page.contains(term), "no {term} in\n{page}");
    }
    // 1.8 dollars more for each dollar more a million tokens of input.
    assert!(page.contains("<dt>At today’s prices</dt>"), "{page}");
    assert!(page.contains("$7.251000"), "{page}");
    let anew = "/usage/prices/anew?model=acme%2FGPT-X%28high%29&range=all";
    assert!(page.contains(anew), "{page}");
}

#[tokio::test]
async fn the_api_gives_the_same_bill_for_scripts() {
    let panel = panel().await;
    let bearer = format!("Bearer {ADMIN_KEY}");
    let script = panel.visitor().with("authorization", &bearer);
    let path = format!("/v0/management/requests/{}", long().key);
    let bill = &script.get(&path).await.json()["bill"];
    assert_eq!(bill["layer"], "override");
    assert_eq!(bill["model"], "gpt-x");
    assert_eq!(bill["looked_up"], ASKED);
    assert_eq!(bill["via"], "prefix");
    assert_eq!(bill["tier"]["billed_as"], "times");
    assert_eq!(bill["context_over"], 100_000);
    assert_eq!(bill["total_usd"], "3.651000000");
    let said: Vec<String> = bill["multipliers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|by| {
            format!(
                "{} {} {} {}",
                by["kind"], by["subject"], by["input"], by["output"]
            )
        })
        .map(|by| by.replace('"', ""))
        .collect();
    assert_eq!(
        said,
        [
            "tier priority 2 2",
            "above 100000 2 1.5",
            "provider codex 1.5 2"
        ]
    );
    assert_eq!(bill["lines"][1]["bucket"], "cache_read");
    assert_eq!(bill["lines"][1]["like"], "input");
}

/// What cannot be priced says why instead of showing nothing.
#[tokio::test]
async fn a_request_without_a_price_says_so_and_what_it_would_cost_now() {
    let panel = panel().await;
    let mut unknown = event(9);
    "nobody-prices-this".clone_into(&mut unknown.model);
    store(panel.store(), vec![unknown.clone()]).await.unwrap();
    let browser = panel.logged_in().await;
    let path = format!("/requests/{}", unknown.key);
    let page = decoded(&browser.get(&path).await.body);
    assert!(page.contains("No price is set for this model."), "{page}");
    let set = "/usage/prices/edit?model=nobody-prices-this&provider=codex\">Set a price";
    assert!(page.contains(set), "{page}");
    assert!(!page.contains("At today’s prices"), "{page}");

    let Edit::Put(Item::Price(layer, mut entry)) = priced("1") else {
        unreachable!()
    };
    "nobody-*".clone_into(&mut entry.model);
    let edit = Edit::Put(Item::Price(layer, entry));
    panel
        .store()
        .edit_prices(MORNING, vec![edit])
        .await
        .unwrap();
    let page = decoded(&browser.get(&path).await.body);
    assert!(page.contains("No price is set for this model."), "{page}");
    // 1,000 × 1 and 200 × 8 millionths of a dollar, and the call.
    assert!(page.contains("$0.003600"), "{page}");
}

/// Nano-dollars, as the page writes them.
fn nanos(text: &str) -> i64 {
    let dollars = text.trim_start_matches('$');
    let (whole, fraction) = dollars.split_once('.').unwrap_or((dollars, ""));
    format!("{whole}{fraction:0<9}").parse().unwrap()
}

#[tokio::test]
async fn the_lines_add_up_to_what_is_stored() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let models = [
        ("deepseek-v3.2", "openai-compatible-box"),
        ("gpt-5.4-mini", "codex"),
        ("gemini-2.5-pro", "gemini"),
        ("claude-opus-5", "claude"),
    ];
    let events: Vec<Event> = (0..20)
        .zip(models.into_iter().cycle())
        .map(|(n, (model, provider))| {
            let mut one = event(n);
            one.model = String::from(model);
            one.provider = String::from(provider);
            one.tokens.uncached = Some(n * 7_919 % 300_001);
            one.tokens.cache_read = Some(n * 104_729 % 50_021);
            one.tokens.output = Some(n * 31 % 1_009);
            one.served_tier = String::from(if n % 3 == 0 { "flex" } else { "" });
            one
        })
        .collect();
    store(panel.store(), events.clone()).await.unwrap();
    let browser = panel.logged_in().await;
    let costs = browser
        .get("/requests.jsonl?range=24h&sort=time")
        .await
        .body;
    let cost = regex::Regex::new(r#"<td class="number">(\$[0-9.]+)</td></tr>"#).unwrap();
    let mut fine = 0;
    for (event, stored) in events.iter().zip(costs.lines()) {
        let stored: serde_json::Value = serde_json::from_str(stored).unwrap();
        let stored = nanos(stored["cost_usd"].as_str().unwrap());
        let page = browser.get(&format!("/requests/{}", event.key)).await.body;
        let shown: Vec<i64> = cost.captures_iter(&page).map(|c| nanos(&c[1])).collect();
        let (total, lines) = shown.split_last().unwrap();
        assert!(lines.len() >= 5, "{page}");
        assert_eq!((lines.iter().sum::<i64>(), *total), (stored, stored));
        fine += i32::from(stored % 1_000 != 0);
    }
    assert!(fine > 5, "{fine} need more than six decimals");
}
