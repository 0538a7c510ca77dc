//! A request as it could be written.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) method: Method,
    /// With its query.
    pub(super) path: String,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Case {
    pub(super) fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: Method::POST,
            path: path.to_owned(),
            fields: vec![("content-type", "application/json".to_owned())],
            body: body.into(),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push((name, value.to_owned()));
        self
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let pairs = self.fields.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            (HeaderName::from_static(name), value)
        });
        let mut headers = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    pub(super) fn path_alone(&self) -> String {
        let path = self.path.split('?').next();
        path.unwrap().to_owned()
    }

    /// For people, and for a file: bytes that are no text as Latin-1.
    pub(super) fn printed(&self) -> Value {
        let body = String::from_utf8(self.body.clone());
        let body =
            body.unwrap_or_else(|_| self.body.iter().map(|byte| char::from(*byte)).collect());
        json!({ "path": self.path, "headers": self.fields, "body": body })
    }
}

/// A frame that decompressors skip, with these bytes inside.
pub(super) fn skippable(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [b"\x50\x2a\x4d\x18".as_slice(), &length, content].concat()
}
