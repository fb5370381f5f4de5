//! The shape of a usage event on the wire. Tolerant: an unknown field is
//! ignored, and a field of the wrong type counts as absent.

/// Takes apart the answer of the HTTP queue, a JSON array. Each item is the
/// exact bytes of one element. A malformed element comes back as an item of its
/// own and costs no neighbour.
pub fn split_array(body: &[u8]) -> Result<Vec<&[u8]>, NotAnArray> {
    let items: Vec<&serde_json::value::RawValue> =
        serde_json::from_slice(body).map_err(|_| NotAnArray)?;
    Ok(items.iter().map(|item| item.get().as_bytes()).collect())
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not a JSON array")]
pub struct NotAnArray;
