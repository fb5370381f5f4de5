//! The panel behind a real nginx with the shipped example: four ways to stand
//! there (http, https; at the root, below a path). What browsers and attackers
//! send goes through both.

use cpamp::fake::{Gateway, Options};
use reqwest::{Method, StatusCode};
use tempfile::TempDir;

use crate::support::binary::{self, Binary};
use crate::support::nginx::{Nginx, Scheme, free_port};
use crate::support::panel::{ADMIN_KEY, Answer, Browser};
use crate::support::traffic::{self, Numbers};
use crate::support::wait::within;

const HOST: &str = "panel.example.com";

/// The three of them, started in the right order.
struct Site {
    gateway: Gateway,
    panel: Binary,
    nginx: Nginx,
    /// As browsers write it, base path included.
    url: String,
    base: &'static str,
    _data: TempDir,
}

impl Site {
    async fn start(scheme: Scheme, base: &'static str) -> Self {
        let data = TempDir::new().unwrap();
        let gateway = Gateway::start(Options::default()).await.unwrap();
        let port = free_port();
        let word = if scheme == Scheme::Https {
            "https"
        } else {
            "http"
        };
        let url = format!("{word}://{HOST}:{port}{base}");
        let mut command = binary::connected(data.path(), &gateway);
        command
            .env("CPAMP_BASE_PATH", base)
            .env("CPAMP_PUBLIC_URL", &url)
            .env("CPAMP_TRUSTED_PROXIES", "127.0.0.1");
        let panel = Binary::start(command).await;
        let nginx = Nginx::start(scheme, port, base, panel.port()).await;
        Self {
            gateway,
            panel,
            nginx,
            url,
            base,
            _data: data,
        }
    }

    /// A browser that only knows the public address.
    fn visitor(&self) -> Browser {
        Browser::resolving(&self.origin(), &[(HOST, self.nginx.address())])
    }

    fn origin(&self) -> String {
        self.url[..self.url.len() - self.base.len()].to_owned()
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// As browsers send a form: over plain http to a name they do not say from
    /// where by `Sec-Fetch-Site`.
    async fn form(&self, visitor: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = self.origin();
        let mut headers = vec![("origin", origin.as_str())];
        if self.url.starts_with("https") {
            headers.push(("sec-fetch-site", "same-origin"));
        }
        visitor.post_with(&self.at(path), fields, &headers).await
    }

    async fn log_in(&self, visitor: &Browser, next: &str) -> Answer {
        let fields = [("key", ADMIN_KEY), ("next", next)];
        self.form(visitor, "/login", &fields).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_below_a_path() {
    tour(Site::start(Scheme::Https, "/cpamp").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_at_the_root() {
    tour(Site::start(Scheme::Https, "").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_below_a_path() {
    tour(Site::start(Scheme::Http, "/cpamp").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_at_the_root() {
    tour(Site::start(Scheme::Http, "").await).await;
}

/// What must work wherever the panel stands.
async fn tour(site: Site) {
    let visitor = site.visitor();
    stays_below_the_base(&site, &visitor).await;
    cookies_fit_the_place(&site, &visitor).await;
    assets_are_found(&site, &visitor).await;
    rows_arrive_at_once(&site, &visitor).await;
    exports_stream(&site, &visitor).await;
    logging_out_takes_the_cookie(&site, &visitor).await;
}

async fn stays_below_the_base(site: &Site, visitor: &Browser) {
    let base = site.base;
    let away = visitor.get(&site.at("/requests?status=failed")).await;
    assert_eq!(away.status, StatusCode::SEE_OTHER);
    let next = "next=%2Frequests%3Fstatus%3Dfailed";
    assert_eq!(away.header("location"), format!("{base}/login?{next}"));
    let login = visitor.get(&site.at("/login")).await;
    assert_eq!(login.status, StatusCode::OK);
    for link in links(&login.body) {
        assert!(
            link.starts_with(&format!("{base}/")) || link.starts_with('#'),
            "{link}"
        );
    }
}

/// The `Set-Cookie` lines.
fn cookies_of(answer: &Answer) -> Vec<&str> {
    let lines = answer.headers.get_all("set-cookie").iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

/// Every local address in a page.
fn links(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for attribute in [
        "href=\"",
        "src=\"",
        "action=\"",
        "hx-get=\"",
        "hx-post=\"",
        "hx-sse:connect=\"",
    ] {
        found.extend(
            html.split(attribute)
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap()),
        );
    }
    found
}

async fn cookies_fit_the_place(site: &Site, visitor: &Browser) {
    let https = site.url.starts_with("https");
    let answer = site.log_in(visitor, "/requests?status=failed").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let deep = format!("{}/requests?status=failed", site.base);
    assert_eq!(answer.header("location"), deep);
    let cookies = cookies_of(&answer);
    let line = cookies
        .iter()
        .find(|line| line.contains("cpamp_session="))
        .unwrap();
    assert_eq!(
        line.starts_with("__Host-"),
        https && site.base.is_empty(),
        "{line}"
    );
    assert_eq!(line.contains("; Secure"), https, "{line}");
    let path = if site.base.is_empty() { "/" } else { site.base };
    assert!(
        line.split("; ").any(|part| part == format!("Path={path}")),
        "{line}"
    );
    assert!(
        line.contains("HttpOnly") && line.contains("SameSite=Lax"),
        "{line}"
    );
    assert!(!line.contains("Domain="), "{line}");

    let page = visitor.get(&site.at("/requests")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    for link in links(&page.body) {
        let inside = link.starts_with(&format!("{}/", site.base));
        assert!(
            inside || link.starts_with('#') || link.starts_with('?'),
            "{link}"
        );
    }
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
}

async fn assets_are_found(site: &Site, visitor: &Browser) {
    let page = visitor.get(&site.at("/requests")).await.body;
    let assets: Vec<&str> = links(&page)
        .into_iter()
        .filter(|link| link.contains("/assets/"))
        .collect();
    assert!(assets.len() > 2, "{assets:?}");
    for asset in assets {
        let path = asset.split('#').next().unwrap();
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(
            answer.header("cache-control").contains("immutable"),
            "{path}"
        );
    }
}

async fn rows_arrive_at_once(site: &Site, visitor: &Browser) {
    let page = visitor.get(&site.at("/requests?range=all")).await.body;
    let stream = links(&page)
        .into_iter()
        .find(|link| link.contains("/events"))
        .expect("a stream");
    let path = stream.replace("&amp;", "&");
    let mut answer = visitor.open(Method::GET, &path, "", &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let kind = answer.headers().get("content-type").unwrap();
    assert!(kind.to_str().unwrap().starts_with("text/event-stream"));
    for n in 0..3 {
        site.gateway.push(&traffic::numbered(n).to_string());
        let id = traffic::request_id(n);
        let mut came = String::new();
        let row = async {
            while !came.contains(&id) && !came.contains(&format!("up-{n}")) && !came.contains("<tr")
            {
                let chunk = answer.chunk().await.unwrap().expect("the stream goes on");
                came.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        within("a row on the stream", row).await;
    }
    site.panel.stored(3).await;
}

async fn exports_stream(site: &Site, visitor: &Browser) {
    for n in 3..1_500 {
        site.gateway.push(&traffic::numbered(n).to_string());
    }
    site.panel.stored(1_500).await;
    let answer = visitor.get(&site.at("/requests.jsonl?range=all")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer
            .header("content-disposition")
            .starts_with("attachment")
    );
    let numbers = Numbers::read(&answer.body);
    numbers.check(1_500, 0);
    let csv = visitor.get(&site.at("/requests.csv?range=all")).await;
    assert_eq!(csv.body.lines().count(), 1_501);
}

async fn logging_out_takes_the_cookie(site: &Site, visitor: &Browser) {
    let answer = site.form(visitor, "/logout", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), format!("{}/login", site.base));
    assert!(
        cookies_of(&answer)
            .iter()
            .any(|line| line.contains("cpamp_session=;"))
    );
    assert_eq!(
        visitor.get(&site.at("/requests")).await.status,
        StatusCode::SEE_OTHER
    );
}

/// Wrong keys from one address are answered with 429 soon, whatever that
/// address writes into its headers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_address_is_not_believed() {
    let site = Site::start(Scheme::Http, "").await;
    let mut refused = false;
    for n in 0..12 {
        let address = format!("203.0.113.{n}");
        let attacker = site
            .visitor()
            .with("x-forwarded-for", &address)
            .with("x-real-ip", &address)
            .with("forwarded", &format!("for={address}"));
        let fields = [("key", "a-wrong-key-0123456789")];
        let answer = site.form(&attacker, "/login", &fields).await;
        refused |= answer.status == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(refused, "the throttle believed forged addresses");
    let said = site.panel.said();
    assert!(!said.contains("203.0.113."), "{said}");
}

/// Without trusted proxies nothing in a header counts, from nginx or anybody.
#[tokio::test]
async fn nobody_is_a_proxy_unless_configured() {
    let data = TempDir::new().unwrap();
    let mut command = binary::bare(data.path());
    command.env("CPAMP_ADMIN_KEY", ADMIN_KEY);
    let panel = Binary::start(command).await;
    let visitor = Browser::new(panel.url())
        .with("x-forwarded-for", "203.0.113.9")
        .with("x-forwarded-proto", "https");
    let answer = visitor.post("/login", &[("key", ADMIN_KEY)]).await;
    let cookies = cookies_of(&answer);
    assert!(
        !cookies.is_empty() && !cookies[0].contains("Secure"),
        "{cookies:?}"
    );
    let from = |said: &str| {
        Some(
            said.split_once("logged in from ")?
                .1
                .lines()
                .next()?
                .to_owned(),
        )
    };
    assert_eq!(panel.heard("the log-in", from).await, "127.0.0.1");
}

/// Forms of another site are refused, also through the proxy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_site_cannot_post() {
    let site = Site::start(Scheme::Https, "/cpamp").await;
    let visitor = site.visitor();
    site.log_in(&visitor, "/").await;
    for headers in [
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ][..],
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "same-site"),
        ],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[],
    ] {
        let answer = visitor.post_with("/cpamp/logout", &[], headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(visitor.get("/cpamp/requests").await.status, StatusCode::OK);
}
