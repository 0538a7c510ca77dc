//! The scanner against the behaviour of the engine.

mod bound;
mod forms;
mod json;
mod requested_tier;
mod zstd;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};

use super::{BodyKind, BoundForm, FormError, ModelScanner, ScanResult};
use crate::BodyForm;

/// The largest decompressed size of a body.
const LIMIT: u64 = 64 * 1024 * 1024;

fn headers(content_type: &str, content_encoding: &str) -> HeaderMap {
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap()),
        (
            CONTENT_ENCODING,
            HeaderValue::from_str(content_encoding).unwrap(),
        ),
    ])
}

fn scanner(form: BodyForm, headers: &HeaderMap) -> Result<ModelScanner, FormError> {
    let kind = BodyKind {
        form,
        bound: BoundForm::Chat,
        limit: LIMIT,
        is_limited: false,
    };
    ModelScanner::for_request(kind, headers)
}

/// The result at the end of the body; the same for every chunk size.
fn verdict(form: BodyForm, headers: &HeaderMap, body: &[u8]) -> ScanResult {
    let scan = |size| {
        let mut scanner = scanner(form, headers).unwrap();
        body.chunks(size).for_each(|chunk| scanner.observe(chunk));
        scanner.finish()
    };
    let whole = scan(body.len().max(1));
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(scan(size), whole, "in chunks of {size}");
    }
    whole
}

fn found(model: &str) -> ScanResult {
    ScanResult::Found(model.to_owned())
}
