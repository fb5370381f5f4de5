//! The files a browser fetches once: embedded in the binary, named by their
//! content, so they never change under their URL.

use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use ring::digest::{SHA256, digest};

use super::compress;
use super::error::{Error, Result};

/// One file under `/assets/<hash>/<name>`.
#[derive(Debug)]
pub struct Asset {
    pub name: &'static str,
    pub content_type: &'static str,
    pub bytes: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $path:literal, $content_type:literal) => {
        Asset {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/", $path)),
        }
    };
}

/// One file for the browser, several for who reads them.
const STYLE: &str = concat!(
    include_str!("../../static/style/tokens.css"),
    include_str!("../../static/style/base.css"),
    include_str!("../../static/style/layout.css"),
    include_str!("../../static/style/controls.css"),
    include_str!("../../static/style/figures.css"),
    include_str!("../../static/style/pages.css"),
    include_str!("../../static/style/widths.css"),
    include_str!("../../static/style/print.css"),
);

/// One file as well: htmx begins in a timer that must not run before its
/// extension and our part are there, however slow the network.
const SCRIPT: &str = concat!(
    include_str!("../../static/vendor/htmx.min.js"),
    "\n",
    include_str!("../../static/vendor/hx-sse.min.js"),
    "\n",
    include_str!("../../static/app.js"),
);

pub static ASSETS: [Asset; 4] = [
    Asset {
        name: "app.css",
        content_type: "text/css; charset=utf-8",
        bytes: STYLE.as_bytes(),
    },
    Asset {
        name: "app.js",
        content_type: "text/javascript; charset=utf-8",
        bytes: SCRIPT.as_bytes(),
    },
    asset!("chart.js", "chart.js", "text/javascript; charset=utf-8"),
    asset!("icons.svg", "icons.svg", "image/svg+xml"),
];

/// Answers for `/assets/<hash>/<name>`: for ever the same bytes, compressed once
/// per process.
pub fn serve(request: &HttpRequest, wanted: &(String, String)) -> Result<HttpResponse> {
    let (hash, name) = wanted;
    let asset = ASSETS
        .iter()
        .position(|asset| asset.name == name)
        .filter(|_| path(name) == format!("/assets/{hash}/{name}"))
        .and_then(|at| Some((ASSETS.get(at)?, compressed().get(at)?)));
    let (asset, compressed) = asset.ok_or(Error::NotFound)?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.content_type)
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"));
    Ok(if compress::accepted(request.headers()) {
        response
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .body(compressed.clone())
    } else {
        response.body(asset.bytes)
    })
}

fn compressed() -> &'static [Bytes] {
    static COMPRESSED: OnceLock<Vec<Bytes>> = OnceLock::new();
    COMPRESSED.get_or_init(|| {
        let compress = |asset: &Asset| compress::gzip(asset.bytes, Compression::best()).into();
        ASSETS.iter().map(compress).collect()
    })
}

/// The path of an asset below the base path; a name we do not have is a bug
/// that the page tests find as a 404.
#[must_use]
pub fn path(name: &str) -> String {
    static HASHES: OnceLock<Vec<String>> = OnceLock::new();
    let hashes = HASHES.get_or_init(|| ASSETS.iter().map(|asset| hash(asset.bytes)).collect());
    ASSETS
        .iter()
        .zip(hashes)
        .find(|(asset, _)| asset.name == name)
        .map_or_else(
            || format!("/assets/0/{name}"),
            |(_, hash)| format!("/assets/{hash}/{name}"),
        )
}

/// Sixteen hex digits of SHA-256.
fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(16);
    for byte in digest(&SHA256, bytes).as_ref().iter().take(8) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use ring::digest::SHA384;

    use super::*;

    /// `VENDOR.toml` is the record of what was taken from where.
    #[test]
    fn vendored_files_are_what_was_vendored() {
        let record = include_str!("../../static/vendor/VENDOR.toml");
        let value = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
        let named: Vec<String> = record
            .lines()
            .filter(|line| line.starts_with("name"))
            .map(value)
            .collect();
        let sums: Vec<String> = record
            .lines()
            .filter(|line| line.starts_with("sha384"))
            .map(value)
            .collect();
        let vendor = concat!(env!("CARGO_MANIFEST_DIR"), "/static/vendor");
        let mut scripts: Vec<String> = std::fs::read_dir(vendor)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| {
                std::path::Path::new(name)
                    .extension()
                    .is_some_and(|extension| extension == "js")
            })
            .collect();
        scripts.sort();
        let mut recorded = named.clone();
        recorded.sort();
        assert_eq!(scripts, recorded);
        for (name, sum) in named.iter().zip(sums) {
            let bytes = std::fs::read(format!("{vendor}/{name}")).unwrap();
            assert_eq!(base64(digest(&SHA384, &bytes).as_ref()), sum, "{name}");
        }
    }

    fn base64(bytes: &[u8]) -> String {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        bytes
            .chunks(3)
            .flat_map(|chunk| {
                let bits = chunk.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b));
                [18, 12, 6, 0].map(|shift| letters[usize::try_from(bits >> shift & 63).unwrap()])
            })
            .map(char::from)
            .collect()
    }
}
