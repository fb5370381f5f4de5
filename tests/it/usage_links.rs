//! What the usage pages count leads to exactly the requests that were counted:
//! every figure of a ranking, every cause of a missing cost, every name.

use cpamp::domain::units::Ms;

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::panel::Panel;

const RANKINGS: [&str; 4] = [
    "/usage/models",
    "/usage/keys",
    "/usage/accounts",
    "/usage/providers",
];

/// Every figure of a ranking is a link, and the rows it opens are those that
/// were counted, under the filter of the page.
#[tokio::test]
async fn every_figure_of_a_ranking_opens_the_rows_behind_it() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events: Vec<_> = (0..40).map(event).collect();
    for (n, event) in events.iter_mut().enumerate() {
        event.failed = n % 5 == 0;
        event.status = if event.failed { 500 } else { 200 };
        if n % 4 == 0 {
            event.client_key.hash.clear();
            event.client_key.mask.clear();
        }
    }
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let cell = regex::Regex::new(r#"(?s)<td class="number[^>]*>(.*?)</td>"#).unwrap();
    let link = regex::Regex::new(r#"^<a href="([^"]+)">"#).unwrap();
    for tab in RANKINGS {
        let page = browser.get(&format!("{tab}?model=gpt-5")).await.body;
        let body = page.split("table class=\"table models\"").nth(1).unwrap();
        let body = body.split("<tbody>").nth(1).unwrap();
        let body = body.split("</table>").next().unwrap();
        let mut seen = 0;
        for row in body.split("<tr>").skip(1) {
            let requests = cell.captures(row).unwrap()[1].to_owned();
            for found in cell.captures_iter(row) {
                let figure = &found[1];
                // A zero, and what is not known, has no rows.
                if ["", "–", "0"].contains(&figure) {
                    continue;
                }
                let href = link
                    .captures(figure)
                    .unwrap_or_else(|| panic!("{figure} in {tab}"));
                let href = href[1].replace("&#38;", "&");
                assert!(href.contains("model=gpt-5"), "{href} lost the filter");
                seen += 1;
            }
            // The first figure counts the rows that its link opens.
            let href = link.captures(&requests).unwrap()[1].replace("&#38;", "&");
            let rows = href.replace("/requests?", "/requests.jsonl?");
            let rows = browser.get(&rows).await.body;
            let count = requests.split_once('>').unwrap().1.trim_end_matches("</a>");
            assert_eq!(rows.lines().count().to_string(), count, "{href}");
        }
        assert!(seen >= 20, "{seen} figures in {tab}");
    }
    let keys = browser.get("/usage/keys").await.body;
    assert!(keys.contains("/requests?range=7d&#38;key=-"), "{keys}");
}

/// Requests without a cost are counted, named with their cause, and open
/// exactly their rows; a model may have more than one cause.
#[tokio::test]
async fn what_is_in_no_cost_opens_its_rows() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events: Vec<_> = (0..30).map(event).collect();
    for uncounted in events.iter_mut().take(7) {
        uncounted.tokens.output = None;
    }
    for nobodys in events.iter_mut().skip(5).take(6) {
        nobodys.model = String::from("nobody-s-model");
    }
    for odd in events.iter_mut().skip(11).take(3) {
        odd.model = String::from("claude-opus-5");
    }
    events[11].tokens.unclassified = 9;
    events[12].tokens.cache_read = None;
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let page = browser.get("/usage").await.body;
    let no_price = "have no price and count as unknown, not as free.";
    let no_kind = "has no price or tokens of no known kind, and counts as unknown.";
    let no_count = "not all tokens are known, so their cost is unknown, not zero.";
    for (why, cost, model, count) in [
        (no_price, "no_price", "nobody-s-model", 4),
        (no_kind, "no_price", "claude-opus-5", 1),
        (no_count, "no_count", "gpt-5", 5),
        (no_count, "no_count", "nobody-s-model", 2),
        (no_count, "no_count", "claude-opus-5", 1),
    ] {
        let (_, cause) = page.split_once(why).expect(why);
        let (cause, _) = cause.split_once("</span>").unwrap();
        let query = format!("range=7d&#38;model={model}&#38;cost={cost}");
        let link = format!("/requests?{query}\"><bdi>{model} ({count})</bdi>");
        assert!(cause.contains(&link), "no {link} in {cause}");
        let rows = format!("/requests.jsonl?{}", query.replace("&#38;", "&"));
        assert_eq!(browser.get(&rows).await.body.lines().count(), count);
    }
    for (cost, count) in [("none", 13), ("no_price", 5), ("no_count", 8)] {
        let rows = format!("/requests.jsonl?range=7d&cost={cost}");
        assert_eq!(browser.get(&rows).await.body.lines().count(), count);
    }
    let known = browser
        .get("/requests.jsonl?range=7d&cost=known")
        .await
        .body;
    assert_eq!(known.lines().count(), 17);
    let rows = browser.get("/requests?range=7d&cost=none").await.body;
    assert!(
        rows.contains("not known"),
        "the condition is a chip: {rows}"
    );
}

/// A provider has one name, whichever way the gateway writes it.
#[tokio::test]
async fn a_provider_has_one_name_and_is_found_by_both() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events: Vec<_> = (0..10).map(event).collect();
    for event in &mut events {
        event.provider = String::from("openai-compatible-openrouter");
    }
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    for path in ["/", "/usage/providers", "/requests?range=7d", "/requests"] {
        let page = browser.get(path).await.body;
        let read = crate::support::html::without_values(&page);
        assert!(read.contains("openrouter"), "{path}: {read}");
        assert!(!read.contains("openai-compatible-"), "{path}: {read}");
    }
    for name in ["openrouter", "openai-compatible-openrouter"] {
        let rows = format!("/requests.jsonl?range=7d&provider={name}");
        assert_eq!(browser.get(&rows).await.body.lines().count(), 10, "{name}");
    }
    let other = browser
        .get("/requests.jsonl?range=7d&provider=router")
        .await;
    assert_eq!(other.body, "");
}
