//! The scanner against the engine's way of reading.

mod bound;
mod forms;
mod json;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};

use super::{ModelScanner, Verdict};
use crate::gateway::route::BodyForm;

fn headers(content_type: &str, content_encoding: &str) -> HeaderMap {
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap()),
        (
            CONTENT_ENCODING,
            HeaderValue::from_str(content_encoding).unwrap(),
        ),
    ])
}

/// The verdict at the end of the body, which is the same for every chunk size.
fn verdict(form: BodyForm, headers: &HeaderMap, body: &[u8]) -> Verdict {
    let scan = |size| {
        let mut scanner = ModelScanner::for_request(form, headers);
        body.chunks(size).for_each(|chunk| scanner.observe(chunk));
        scanner.finish()
    };
    let whole = scan(body.len().max(1));
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(scan(size), whole, "in chunks of {size}");
    }
    whole
}

fn found(model: &str) -> Verdict {
    Verdict::Found(model.to_owned())
}
