//! Negotiates the content coding of a file; files are compressed when the front end is built.

use axum::http::{HeaderMap, header::ACCEPT_ENCODING};

/// A compression, and the suffix of files compressed with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    /// The name in `Content-Encoding`.
    pub(super) name: &'static str,
    pub(super) suffix: &'static str,
}

/// The smallest first.
const CODINGS: [Coding; 2] = [
    Coding {
        name: "br",
        suffix: ".br",
    },
    Coding {
        name: "gzip",
        suffix: ".gz",
    },
];

/// The codings that a request accepts, the smallest first.
pub(super) fn wanted(headers: &HeaderMap) -> impl Iterator<Item = Coding> {
    let lines: Vec<String> = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .map(str::to_ascii_lowercase)
        .collect();
    CODINGS
        .into_iter()
        .filter(move |coding| lines.iter().any(|line| names(line, coding.name)))
}

fn names(line: &str, coding: &str) -> bool {
    line.split(',').any(|each| {
        let (name, weight) = each.split_once(';').unwrap_or((each, ""));
        name.trim() == coding && !is_refusal(weight)
    })
}

/// Whether the weight is `q=0`, with any number of decimals.
fn is_refusal(weight: &str) -> bool {
    let quality = weight.trim().strip_prefix("q=");
    quality
        .and_then(|text| text.trim().parse::<f32>().ok())
        .is_some_and(|quality| quality <= 0.0)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn wants(line: &'static str) -> Vec<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(line));
        wanted(&headers).map(|coding| coding.name).collect()
    }

    #[test]
    fn the_smallest_accepted_coding_comes_first() {
        assert_eq!(wants("gzip, deflate, BR, zstd"), ["br", "gzip"]);
        assert_eq!(wants("gzip;q=0.5"), ["gzip"]);
        assert_eq!(wants("br;q=0, gzip;q=1.0"), ["gzip"]);
        assert_eq!(wants("identity"), Vec::<&str>::new());
        assert_eq!(wanted(&HeaderMap::new()).count(), 0);
    }
}
