//! Time on the usage pages and on Home: a base that was recorded only in part,
//! the bar that still fills, the half hour up to now, and the bars of today as
//! a file.

use cpamp::domain::collection::Gap;
use cpamp::domain::units::{At, Ms};

use crate::support::database::store;
use crate::support::events::{MORNING, event};
use crate::support::panel::{Browser, Panel};
use crate::usage_pages::panel;

/// Thirty requests this morning, and as many as `past` this many days back.
async fn compared(past: i64, days: i64) -> (Panel, Browser) {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(2 * Ms::HOUR.0));
    let mut events: Vec<_> = (0..30).map(event).collect();
    events.extend((0..past).map(|n| {
        let mut one = event(100 + n);
        one.key.at = At(MORNING.0 + n * 1_000 - days * Ms::DAY.0);
        one
    }));
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    (panel, browser)
}

/// One request so long ago that nothing compared begins before it.
async fn long_ago(panel: &Panel) {
    let mut first = event(900);
    first.key.at = At(MORNING.0 - 60 * Ms::DAY.0);
    store(panel.store(), vec![first]).await.unwrap();
}

#[tokio::test]
async fn a_period_recorded_only_in_part_is_no_base_for_a_percentage() {
    let (panel, browser) = compared(25, 8).await;
    let said = [
        "from 25, a period recorded only in part",
        "No change is shown: records begin 21 Feb, 10:00",
        "recorded only from 21 Feb, 10:00 on",
    ];
    let page = browser.get("/usage").await.body;
    for text in said {
        assert!(page.contains(text), "no {text} in {page}");
    }
    assert!(!page.contains("+20.0 %"), "{page}");
    let summary = "/v0/management/usage?range=7d";
    let answer = browser.get(summary).await.json();
    assert_eq!(answer["previous"]["complete"], false);

    long_ago(&panel).await;
    let page = browser.get("/usage").await.body;
    for text in said {
        assert!(!page.contains(text), "{text} in {page}");
    }
    assert!(page.contains("+20.0 % from 25"), "{page}");
    let answer = browser.get(summary).await.json();
    assert_eq!(answer["previous"]["complete"], true);
}

/// An hour that was probably lost changes what a comparison is worth, in either
/// period; a minute of a week does not.
#[tokio::test]
async fn a_gap_in_either_period_leaves_no_percentage() {
    let day = Ms::DAY.0;
    for (place, minutes, part, said) in [
        (
            -8 * day,
            60,
            true,
            "requests of 21 Feb, 08:00 to 21 Feb, 09:00",
        ),
        (
            -day,
            60,
            false,
            "requests of 28 Feb, 08:00 to 28 Feb, 09:00",
        ),
        (-8 * day, 1, false, ""),
        (-30 * day, 60, false, ""),
        (0, 600, false, "requests of 1 Mar, 08:00 to 1 Mar, 12:00"),
    ] {
        let (panel, browser) = compared(25, 8).await;
        long_ago(&panel).await;
        let from = At(MORNING.0 - 2 * Ms::HOUR.0 + place);
        let gap = Gap {
            from,
            to: from + Ms(minutes * Ms::MINUTE.0),
            why: String::from("restart"),
        };
        let record = move |c: &mut _| cpamp::store::gaps::record(c, &gap);
        panel.store().write(record).await.unwrap();
        let percentage = said.is_empty();
        let of = format!("{minutes} minutes at {place}");

        let page = browser.get("/usage").await.body;
        assert_eq!(page.contains("+20.0 % from 25"), percentage, "{of}: {page}");
        assert_eq!(page.contains("No change is shown"), !percentage, "{of}");
        assert!(page.contains(said), "{of}: {page}");
        let in_part = page.contains("from 25, a period recorded only in part");
        assert_eq!(in_part, part, "{of}");
        assert_eq!(
            page.contains(", without 21 Feb, 08:00 to 21 Feb, 09:00"),
            part,
            "{of}"
        );
        for tab in ["models", "keys", "accounts", "providers"] {
            let page = browser.get(&format!("/usage/{tab}")).await.body;
            assert!(page.contains(said), "{tab} {of}: {page}");
            let changes = page.contains("+20.0 %") || page.contains("+20 %");
            assert_eq!(changes, percentage, "{tab} {of}: {page}");
        }
        for path in ["usage", "usage/timeline", "usage/models"] {
            let answer = browser
                .get(&format!("/v0/management/{path}?range=7d"))
                .await;
            let answer = answer.json();
            let complete = match path {
                "usage" => &answer["previous"]["complete"],
                _ => &answer["previous_complete"],
            };
            assert_eq!(complete, !part, "{path} {of}");
            let whole = percentage || part;
            assert_eq!(answer["period_complete"], whole, "{path} {of}");
        }
    }
}

#[tokio::test]
async fn home_measures_nothing_over_a_gap() {
    for (place, part) in [(-Ms::DAY.0, true), (0, false)] {
        let (panel, browser) = compared(25, 1).await;
        long_ago(&panel).await;
        let from = At(MORNING.0 - 2 * Ms::HOUR.0 + place);
        let gap = Gap {
            from,
            to: from + Ms::HOUR,
            why: String::from("restart"),
        };
        let record = move |c: &mut _| cpamp::store::gaps::record(c, &gap);
        panel.store().write(record).await.unwrap();
        let page = browser.get("/").await.body;
        assert!(!page.contains(" % on "), "{page}");
        assert!(page.contains("No change is shown: requests of"), "{page}");
        assert_eq!(
            page.contains("Sat 25, recorded only in part"),
            part,
            "{page}"
        );
        let answer = browser.get("/v0/management/dashboard/summary").await.json();
        assert_eq!(answer["yesterday_so_far"]["complete"], !part);
        assert_eq!(answer["today"]["complete"], part);
    }
}

/// Half of two days has passed: they are compared with half of those before.
#[tokio::test]
async fn a_range_still_to_come_is_compared_as_far_as_it_has_passed() {
    let (panel, browser) = compared(25, 2).await;
    long_ago(&panel).await;
    let evening = (0..100).map(|n| {
        let mut one = event(300 + n);
        one.key.at = At(MORNING.0 + 10 * Ms::HOUR.0 + n - 2 * Ms::DAY.0);
        one
    });
    store(panel.store(), evening.collect()).await.unwrap();
    let page = browser
        .get("/usage?from=2026-03-01T00:00:00Z&to=2026-03-03T00:00:00Z")
        .await
        .body;
    assert!(page.contains("+20.0 % from 25"), "{page}");
}

#[tokio::test]
async fn home_measures_today_only_against_a_whole_yesterday() {
    let (panel, browser) = compared(25, 1).await;
    let page = browser.get("/").await.body;
    assert!(page.contains("Sat 25, recorded only in part"), "{page}");
    assert!(page.contains("records begin at 10:00"), "{page}");
    assert!(!page.contains(" % on "), "{page}");

    long_ago(&panel).await;
    let page = browser.get("/").await.body;
    assert!(page.contains("+20.0 % on 25"), "{page}");
    assert!(!page.contains("recorded only in part"), "{page}");
}

#[tokio::test]
async fn the_bar_that_still_fills_is_marked_wherever_it_is_shown() {
    let (panel, browser) = panel().await;
    let hatched = |page: &str| page.matches("fill=\"url(#tr-hatch)\" x=").count();
    for (path, bars) in [
        ("/usage?range=today", 0),
        (
            "/usage?to=2026-03-01T11:00:00Z&from=2026-03-01T10:00:00Z",
            0,
        ),
        ("/", 0),
    ] {
        let page = browser.get(path).await.body;
        assert_eq!(hatched(&page), bars, "{path}: {page}");
    }
    // A request of this half hour.
    let mut now = event(700);
    now.key.at = MORNING + Ms(2 * Ms::HOUR.0);
    store(panel.store(), vec![now]).await.unwrap();
    for path in ["/", "/usage?range=today", "/usage?by=hour"] {
        let page = browser.get(path).await.body;
        assert_eq!(hatched(&page), 1, "{path}: {page}");
        assert!(page.contains("Not finished"), "{path}");
    }
    let file = browser.get("/usage/trend.json?by=hour").await.json();
    let bars = file["rows"].as_array().unwrap();
    let open: Vec<_> = bars.iter().filter(|bar| bar["finished"] == false).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["from"], "2026-03-01T12:00:00.000Z");
}

/// Requests and tokens a minute roll: they are of the half hour up to now, under
/// the filter of the page, whatever its range.
#[tokio::test]
async fn the_last_half_hour_is_counted_by_itself() {
    let panel = Panel::start().await;
    let now = MORNING + Ms(2 * Ms::HOUR.0);
    panel.clock.set(now);
    let events = (0..60).map(|n| {
        let mut one = event(n);
        // One a minute, up to now; every third of another model.
        one.key.at = now - Ms(n * Ms::MINUTE.0);
        if n % 3 == 0 {
            one.model = String::from("other");
        }
        one
    });
    store(panel.store(), events.collect()).await.unwrap();
    let browser = panel.logged_in().await;
    for (query, requests, said) in [
        ("range=7d", 30, "1.0"),
        ("range=7d&model=other", 10, "0.33"),
    ] {
        let path = format!("/usage/summary.json?{query}");
        let file = browser.get(&path).await.json();
        let rows = file["rows"].as_array().unwrap();
        let lately = rows.iter().find(|row| row["period"] == "last_30_minutes");
        let lately = lately.unwrap();
        assert_eq!(lately["requests"], requests, "{query}");
        assert_eq!(lately["tokens"], requests * 1_200, "{query}");
        let page = browser
            .get(&format!("/usage?{}", query.replace("range=7d&", "")))
            .await;
        let page = match page.header("location") {
            "" => page.body,
            location => browser.get(location).await.body,
        };
        let rate = regex::Regex::new(&format!(
            "<th scope=\"row\">Requests a minute</th><td class=\"number\"><a href=\"([^\"]+)\">{said}</a>"
        ));
        let found = rate.unwrap().captures(&page);
        let href = found.unwrap_or_else(|| panic!("{query}: {page}"))[1].replace("&#38;", "&");
        let rows = href.replace("/requests?", "/requests.jsonl?");
        let rows = browser.get(&rows).await.body;
        assert_eq!(rows.lines().count().to_string(), requests.to_string());
    }
}

#[tokio::test]
async fn the_chart_of_home_is_a_file_of_its_bars() {
    let (_panel, browser) = panel().await;
    let page = browser.get("/").await.body;
    let mark =
        "/usage/trend.json?from=2026-03-01T00:00:00Z&#38;to=2026-03-02T00:00:00Z&#38;by=half_hour";
    assert!(page.contains(mark), "{page}");
    let file = browser.get(&mark.replace("&#38;", "&")).await.json();
    let bars = file["rows"].as_array().unwrap();
    assert_eq!(bars.len(), 48);
    assert_eq!(bars[20]["from"], "2026-03-01T10:00:00.000Z");
    assert_eq!(bars[20]["requests"], 30);
}

/// A piece of a bar that the range cuts off is no pace, and is marked.
#[tokio::test]
async fn a_bar_cut_by_the_range_is_marked_and_no_measure_of_pace() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(6 * Ms::HOUR.0));
    let events = (0..60).map(|n| {
        let mut one = event(n);
        one.key.at = MORNING + Ms(n * Ms::MINUTE.0);
        one
    });
    // One in the second that the range has of the hour before.
    let mut early = event(90);
    early.key.at = MORNING - Ms(500);
    store(panel.store(), events.chain([early]).collect())
        .await
        .unwrap();
    let browser = panel.logged_in().await;
    let query = "from=2026-03-01T09:59:59Z&to=2026-03-01T12:00:00Z&by=hour";
    let page = browser.get(&format!("/usage?{query}")).await.body;
    let busiest = page.split("Requests a minute").nth(1).unwrap();
    let busiest = busiest.split("</tr>").next().unwrap();
    assert!(busiest.contains(">1.0</a></td>"), "{busiest}");
    assert!(!busiest.contains(">60"), "{busiest}");
    assert!(page.contains("Cut by the range"), "{page}");
    let file = browser
        .get(&format!("/usage/trend.json?{query}"))
        .await
        .json();
    let whole: Vec<_> = file["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bar| bar["whole"].clone())
        .collect();
    assert_eq!(whole, [false, true, true]);
    let page = browser
        .get("/usage?from=2026-03-01T10:00:00Z&to=2026-03-01T12:00:00Z&by=hour")
        .await;
    assert!(!page.body.contains("Cut by the range"));
}

/// A mean hour is of the time that an hour has had.
#[tokio::test]
async fn a_mean_hour_counts_what_has_passed_of_it() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms(30 * Ms::MINUTE.0) - Ms(1));
    let events = (0..40).map(|n| {
        let mut one = event(n);
        one.key.at = MORNING + Ms(n * 1_000);
        one
    });
    store(panel.store(), events.collect()).await.unwrap();
    let browser = panel.logged_in().await;
    let page = browser
        .get("/usage/hours?range=today&scale=mean")
        .await
        .body;
    let cell = r#"href="/requests?range=today&#38;weekday=sun&#38;hour=10""#;
    let cell = page
        .split(cell)
        .nth(1)
        .unwrap()
        .split("</a>")
        .next()
        .unwrap();
    assert!(cell.ends_with(">80"), "{cell}");
}

/// What a clock that is ahead reports is of no day yet, on no page.
#[tokio::test]
async fn requests_still_to_come_are_counted_nowhere() {
    let panel = Panel::start().await;
    panel.clock.set(MORNING + Ms::HOUR);
    let mut events: Vec<_> = (0..41).map(event).collect();
    let mut ahead = event(50);
    ahead.key.at = MORNING + Ms(Ms::HOUR.0 + 10 * Ms::MINUTE.0);
    let mut far = event(51);
    far.key.at = MORNING + Ms(400 * Ms::DAY.0);
    events.extend([ahead, far]);
    store(panel.store(), events).await.unwrap();
    let browser = panel.logged_in().await;
    let home = browser.get("/").await.body;
    assert!(home.contains("41 requests"), "{home}");
    let usage = browser.get("/usage?range=today").await.body;
    assert!(usage.contains(">41</a></dd>"), "{usage}");
    let rows = browser.get("/requests.jsonl?range=today").await.body;
    assert_eq!(rows.lines().count(), 41);
    let dashboard = browser.get("/v0/management/dashboard/summary").await;
    assert_eq!(dashboard.json()["today"]["totals"]["requests"], 41);
    let keys = browser.get("/keys").await.body;
    assert!(
        keys.contains("2027"),
        "a use in the future is no use of now: {keys}"
    );
}
