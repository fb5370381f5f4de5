//! Values kept as packed JSON, where they are large, read rarely and never
//! searched.

use std::io::{Read as _, Write as _};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{Result, StoreError};

pub(super) fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let text = serde_json::to_vec(value).map_err(bad)?;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(&text).map_err(bad)?;
    packer.finish().map_err(bad)
}

pub(super) fn unpack<T: DeserializeOwned>(packed: &[u8]) -> Result<T> {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(packed)
        .read_to_end(&mut text)
        .map_err(bad)?;
    serde_json::from_slice(&text).map_err(bad)
}

#[expect(clippy::needless_pass_by_value, reason = "reads well in map_err")]
fn bad(what: impl ToString) -> StoreError {
    StoreError::BadValue(format!("packed value: {}", what.to_string()))
}
