//! A person's browser as the panel sees it: it keeps cookies, follows no redirect
//! by itself and says where its forms come from. It runs no script.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};

/// Talks to a panel as a browser of one person does: keeps cookies, follows no
/// redirect by itself, says where its forms come from.
pub(crate) struct Browser {
    http: reqwest::Client,
    origin: String,
    cookies: Mutex<BTreeMap<String, String>>,
    headers: HeaderMap,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(origin: &str) -> Self {
        Self::resolving(origin, &[])
    }

    /// A browser for which names lead where a test wants; it believes every
    /// certificate.
    pub(crate) fn resolving(origin: &str, names: &[(&str, SocketAddr)]) -> Self {
        // Refused when it is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .tls_danger_accept_invalid_certs(true)
            .no_proxy();
        for (name, address) in names {
            http = http.resolve(name, *address);
        }
        Self {
            http: http.build().unwrap(),
            origin: origin.to_owned(),
            cookies: Mutex::default(),
            headers: HeaderMap::new(),
        }
    }

    /// Sends this header with every request from now on.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap();
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "", &[]).await
    }

    /// As htmx asks for the region with this id.
    pub(crate) async fn region(&self, path: &str, id: &str) -> Answer {
        let target = format!("div#{id}");
        let headers = [("hx-request", "true"), ("hx-target", target.as_str())];
        self.send(Method::GET, path, "", &headers).await
    }

    /// Sends a form of this panel.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [("sec-fetch-site", "same-origin")];
        self.post_with(path, fields, &headers).await
    }

    pub(crate) async fn post_with(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.send(Method::POST, path, &body, &headers).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let response = self.open(method, path, body, headers).await;
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    /// An answer whose body is still to come.
    pub(crate) async fn open(
        &self,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(&'static str, &str)],
    ) -> Response {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.origin))
            .headers(self.headers.clone())
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookies) = self.cookie_header() {
            request = request.header("cookie", cookies);
        }
        let response = request.send().await.unwrap();
        self.keep_cookies(response.headers());
        response
    }

    /// The value of a cookie it holds.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }

    /// For a test that speaks HTTP by itself.
    pub(crate) fn cookie_header(&self) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        let all: Vec<_> = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Where a form led, opened.
    pub(crate) async fn follow(&self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        self.get(answer.header("location")).await
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap();
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if value.is_empty() || line.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> &str {
        let start = format!(r#"name="{name}" value=""#);
        let (_, rest) = self.body.split_once(&start).expect(name);
        rest.split('"').next().unwrap()
    }
}
