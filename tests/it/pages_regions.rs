//! Every region of every page: it is there, it answers alone, nothing in it
//! runs by itself, and a first visit is small.

use std::io::Read as _;

use cpamp::domain::collection::{State, Status};
use flate2::read::GzDecoder;
use reqwest::{Method, StatusCode};

use crate::support::database::store;
use crate::support::events::event;
use crate::support::gateway::within;
use crate::support::html::{assert_clean, tags_with, values};
use crate::support::pages::{PAGES, busy, of_a_request};
use crate::support::panel::{Browser, Panel};

#[tokio::test]
async fn every_swap_target_is_on_its_page_and_answers_alone() {
    for panel in [busy().await, Panel::start().await] {
        let browser = panel.logged_in().await;
        for page in PAGES {
            let html = browser.get(page).await;
            assert_eq!(html.status, StatusCode::OK, "{page}");
            let ids = values(&html.body, "id");
            for tag in tags_with(&html.body, "hx-target") {
                let target = values(&tag, "hx-target").remove(0);
                let id = target.strip_prefix('#').unwrap_or(&target).to_owned();
                assert!(ids.contains(&id), "{page}: no element for {tag}");
                let Some(url) = values(&tag, "hx-get").pop() else {
                    continue;
                };
                // Without what the page has seen, something must come back.
                let url = url
                    .split("seen=")
                    .next()
                    .unwrap()
                    .split("tag=")
                    .next()
                    .unwrap();
                let region = browser.region(url, &id).await;
                assert_eq!(region.status, StatusCode::OK, "{page}: {tag}");
                assert!(
                    region.body.contains(&format!("id=\"{id}\"")),
                    "{page}: region {id} is empty or another: {}",
                    region.body
                );
                assert!(
                    !region.body.contains("<html"),
                    "{page}: {id} is a whole page"
                );
                assert_clean(&format!("{page} #{id}"), &region.body);
            }
        }
    }
}

#[tokio::test]
async fn a_region_that_has_not_changed_is_not_sent() {
    let panel = busy().await;
    let mut status = panel.state.status.clone();
    let off = |status: &Status| status.state == State::Off;
    within(status.wait_for(off)).await.unwrap();
    let browser = panel.logged_in().await;
    let unchanged = async |page: &str, id: &str| {
        let html = browser.get(page).await.body;
        let tag = tags_with(&html, "hx-get")
            .into_iter()
            .find(|tag| tag.contains(&format!("hx-target=\"#{id}\"")) && tag.contains("every"))
            .unwrap_or_else(|| panic!("{page}: nothing refreshes #{id}"));
        let url = values(&tag, "hx-get").remove(0);
        (browser.region(&url, id).await.status, url)
    };
    for (page, id) in [
        ("/", "today"),
        ("/requests", "figures"),
        ("/doctor", "diagnosis"),
    ] {
        // What begins with the panel may still be told in between.
        let settled = async { while unchanged(page, id).await.0 != StatusCode::NO_CONTENT {} };
        within(settled).await;
    }
    assert_eq!(unchanged("/", "reader").await.0, StatusCode::NO_CONTENT);
    let (_, url) = unchanged("/requests", "figures").await;
    store(panel.store(), vec![event(3_000)]).await.unwrap();
    assert_eq!(browser.region(&url, "figures").await.status, StatusCode::OK);
}

#[tokio::test]
async fn pages_are_clean_whole_and_titled_in_every_language() {
    for panel in [busy().await, Panel::start().await] {
        let browser = panel.logged_in().await;
        for prefs in ["lang=en", "lang=zh-CN&theme=dark&mask=1&compact=1"] {
            browser.set_cookie("cpamp_prefs", prefs);
            for page in PAGES {
                let answer = browser.get(page).await;
                let html = &answer.body;
                assert_clean(page, html);
                assert!(html.trim_end().ends_with("</html>"), "{page}");
                assert_eq!(html.matches("<h1").count(), 1, "{page}");
                assert_eq!(html.matches("<main").count(), 1, "{page}");
                assert_eq!(
                    answer.header("cache-control"),
                    "private, no-store",
                    "{page}"
                );
                assert!(answer.header("vary").contains("HX-Target"), "{page}");
                let ids = values(html, "id");
                for id in &ids {
                    assert_eq!(
                        ids.iter().filter(|other| *other == id).count(),
                        1,
                        "{page}: {id}"
                    );
                }
                for id in values(html, "aria-labelledby")
                    .iter()
                    .flat_map(|ids| ids.split(' '))
                {
                    assert!(ids.iter().any(|known| known == id), "{page}: {id}");
                }
                assert!(!html.contains("alert(") && !html.contains("{{"), "{page}");
            }
        }
    }
}

#[tokio::test]
async fn chinese_pages_speak_chinese() {
    let panel = busy().await;
    let browser = panel.logged_in().await;
    browser.set_cookie("cpamp_prefs", "lang=zh-CN");
    for (page, word) in [
        ("/", "今天的流量"),
        ("/requests", "首字节"),
        ("/doctor", "诊断"),
    ] {
        let html = browser.get(page).await.body;
        assert!(html.contains("<html lang=\"zh-CN\""), "{page}");
        assert!(html.contains(word), "{page}");
        for english in [
            "Requests",
            "Skip to",
            "Collecting",
            "Nothing needs",
            "Latency",
            "Provider",
        ] {
            assert!(
                !html.contains(&format!(">{english}")),
                "{page} says {english}"
            );
        }
    }
}

#[tokio::test]
async fn a_first_visit_fits_in_sixty_kilobytes() {
    let panel = busy().await;
    let browser = panel.logged_in().await;
    let bytes = async |path: &str| {
        let headers = [("accept-encoding", "gzip")];
        let answer = browser.open(Method::GET, path, "", &headers).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let zipped = answer.headers().get("content-encoding").is_some();
        let body = answer.bytes().await.unwrap();
        let mut text = String::new();
        if zipped {
            GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
        }
        (body.len(), text)
    };
    for page in ["/", "/requests", "/doctor", &of_a_request(1)] {
        let (mut sum, html) = bytes(page).await;
        assert!(sum <= 20_000, "{page} alone is {sum} bytes");
        let mut assets = values(&html, "href");
        assets.extend(values(&html, "src"));
        assets.retain(|url| url.starts_with("/assets/"));
        for url in &mut assets {
            url.truncate(url.find('#').unwrap_or(url.len()));
        }
        assets.sort();
        assets.dedup();
        // Style, pictures, script.
        assert_eq!(assets.len(), 3, "{assets:?}");
        for asset in &assets {
            sum += bytes(asset).await.0;
        }
        assert!(sum <= 60_000, "{page}: {sum} bytes");
    }
}

#[test]
fn templates_and_scripts_keep_to_the_rules() {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut seen = 0;
    for entry in std::fs::read_dir(format!("{root}/templates")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.display();
        for forbidden in [
            "|safe",
            "| safe",
            "hx-on",
            "style=",
            "<style",
            "onclick",
            "hx-delete",
            "js:",
        ] {
            assert!(!text.contains(forbidden), "{name} has {forbidden}");
        }
        for trigger in values(&text, "hx-trigger") {
            assert!(!trigger.contains('['), "{name}: {trigger}");
        }
        seen += 1;
    }
    assert!(seen > 20);
    let script = std::fs::read(format!("{root}/static/app.js")).unwrap();
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut zip, &script).unwrap();
    let size = zip.finish().unwrap().len();
    assert!(size <= 3_000, "app.js is {size} bytes compressed");
}

/// A browser without script has every control as a link or a form.
#[tokio::test]
async fn nothing_needs_a_script() {
    let panel = busy().await;
    let browser: Browser = panel.logged_in().await;
    for page in PAGES {
        let html = browser.get(page).await.body;
        for form in tags_with(&html, "hx-get")
            .iter()
            .filter(|tag| tag.starts_with("<form"))
        {
            assert!(
                form.contains(" action=\"") && form.contains("method=\"get\""),
                "{page}"
            );
        }
        for href in values(&html, "href") {
            assert!(!href.is_empty() && href != "#", "{page}: a link to nowhere");
        }
    }
}
