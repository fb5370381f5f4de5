//! What a visit costs on the wire: little, compressed, and never twice.

use reqwest::{Method, StatusCode};

use crate::support::html::values;
use crate::support::panel::{Browser, Panel};

/// A first visit, everything included.
const BUDGET: usize = 60_000;

/// Bytes of the body as it crosses the wire, and its page when it is one.
async fn fetched(browser: &Browser, path: &str) -> (usize, String) {
    let accept = [("accept-encoding", "gzip, deflate, br, zstd")];
    let response = browser.open(Method::GET, path, "", &accept).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let headers = response.headers().clone();
    let bytes = response.bytes().await.unwrap();
    assert_eq!(headers.get("content-encoding").unwrap(), "gzip", "{path}");
    let mut plain = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&*bytes);
    std::io::Read::read_to_string(&mut decoder, &mut plain).unwrap();
    (bytes.len(), plain)
}

#[tokio::test]
async fn a_first_visit_fits_its_budget_and_a_second_one_asks_for_the_page_alone() {
    for base in ["", "/cpamp"] {
        let panel = Panel::setup().env("CPAMP_BASE_PATH", base).start().await;
        let browser = panel.logged_in().await;
        for page in ["/", "/requests", "/settings/collection", "/usage/prices"] {
            let (mut total, html) = fetched(&browser, &format!("{base}{page}")).await;
            let mut assets: Vec<_> = ["src", "href"]
                .into_iter()
                .flat_map(|attribute| values(&html, attribute))
                .filter(|path| path.contains("/assets/"))
                .map(|path| path.split('#').next().unwrap().to_owned())
                .collect();
            assets.sort();
            assets.dedup();
            assert!(assets.len() >= 3, "{assets:?}");
            for asset in assets {
                assert!(asset.starts_with(&format!("{base}/assets/")), "{asset}");
                total += fetched(&browser, &asset).await.0;
                let answer = browser.get(&asset).await;
                let keep = answer.header("cache-control");
                assert_eq!(keep, "public, max-age=31536000, immutable", "{asset}");
                assert_eq!(answer.header("vary"), "Accept-Encoding", "{asset}");
                assert_eq!(answer.header("content-encoding"), "", "asked for as it is");
            }
            println!("{base}{page}: {total} bytes");
            assert!(total <= BUDGET, "{page} takes {total} bytes");
        }
    }
}

#[tokio::test]
async fn only_the_asset_of_this_build_is_there_and_pages_are_not_kept() {
    let panel = Panel::start().await;
    let browser = panel.logged_in().await;
    let page = browser.get("/").await;
    assert!(
        page.header("cache-control").contains("no-"),
        "{:?}",
        page.headers
    );
    let asset = values(&page.body, "href")
        .into_iter()
        .find(|path| path.ends_with("/app.css"))
        .unwrap();
    let (folder, name) = asset.rsplit_once('/').unwrap();
    let (folder, hash) = folder.rsplit_once('/').unwrap();
    for wrong in [
        format!("{folder}/0000000000000000/{name}"),
        format!("{folder}/{hash}/other.css"),
        format!("{folder}/{hash}/..%2f..%2fCargo.toml"),
    ] {
        let answer = browser.get(&wrong).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
        assert!(
            !answer.header("cache-control").contains("immutable"),
            "{wrong}"
        );
    }
}
