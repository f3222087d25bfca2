//! Digests: of files, of what a level depends on, and of the report itself.

use crate::engine::cache::{digest, digest_of};
use serde_json::Value;

/// Key of the report's own digest.
pub(super) const KEY: &str = "sha256";

/// SHA-256 of bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    digest_of(bytes)
}

/// SHA-256 of texts, each with its length before it.
#[must_use]
pub fn sha256_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    digest(parts)
}

/// The document with its digest.
pub(super) fn sealed(mut document: Value) -> Value {
    let own = of(&document);
    document[KEY] = own.into();
    document
}

/// Digest of a document without the one that stands in it.
pub(super) fn of(document: &Value) -> String {
    let mut bare = document.clone();
    if let Some(keys) = bare.as_object_mut() {
        keys.remove(KEY);
    }
    sha256(bare.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_seal_is_that_of_its_document_alone() {
        let whole = sealed(json!({ "a": 1.5, "b": ["x"] }));
        let again: Value = serde_json::from_str(&format!("{whole:#}")).unwrap();
        assert_eq!(again[KEY], of(&again));
        let mut other = whole.clone();
        other["b"][0] = "y".into();
        assert_ne!(other[KEY], of(&other));
    }
}
