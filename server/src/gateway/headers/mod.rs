//! The headers that the gateway reads, removes and adds; `docs/verbatim.md` lists them for users.

mod withheld;

use std::{fmt::Write as _, mem, time::Duration};

use axum::{
    body::Bytes,
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{
            AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
            CONTENT_TYPE, COOKIE, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
            SEC_WEBSOCKET_EXTENSIONS, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::withheld::is_withheld;
use super::dialect::GatewayError;
use crate::domain::ledger::RateLimitStatus;

/// Headers that belong to one connection, not to the message (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];
const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The headers in which clients send keys. They never reach the engine.
pub(super) const CARRIERS: [HeaderName; 3] = [AUTHORIZATION, X_GOOG_API_KEY, X_API_KEY];

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const WAITED: HeaderName = HeaderName::from_static("x-proxypal-waited-ms");
/// Of the largest number of 64 bits.
const MAX_DIGITS: usize = 20;
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
/// Answers share their origin with the pages, so a browser that opens one must run and load nothing.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Headers that decide how a request is read, besides `content-*` and the credentials: naming one in `Connection` would
/// hide from the engine what was admitted.
const READ: [HeaderName; 6] = [
    HOST,
    TRANSFER_ENCODING,
    EXPECT,
    USER_AGENT,
    X_FORWARDED_FOR,
    HeaderName::from_static("anthropic-version"),
];
/// Headers that may be there once: of two, readers take the first, the last, or both.
const SINGLE: [HeaderName; 3] = [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE];

/// Removes the headers of the client's connection before anything is read of the request, so that the request that is admitted is
/// the one that is forwarded. Returns whether a WebSocket is requested.
pub(super) fn from_client(headers: &mut HeaderMap) -> Result<bool, GatewayError> {
    let is_repeated = |name: &HeaderName| headers.get_all(name).iter().nth(1).is_some();
    let has_two_ends =
        headers.contains_key(CONTENT_LENGTH) && headers.contains_key(TRANSFER_ENCODING);
    if SINGLE.iter().any(is_repeated) || has_two_ends || named(headers).any(|name| is_read(&name)) {
        return Err(GatewayError::HeadersAmbiguous);
    }
    let upgrade = is_upgrade(headers);
    remove_hop_by_hop(headers);
    Ok(upgrade)
}

fn is_read(name: &HeaderName) -> bool {
    name.as_str().starts_with("content-") || READ.contains(name) || CARRIERS.contains(name)
}

/// Puts the engine's host and our key in place of the client's, and our request id where the engine will note it. What belongs
/// to the client's connection is gone already.
pub(super) fn for_engine(
    headers: &mut HeaderMap,
    host: HeaderValue,
    authorization: HeaderValue,
    request_id: Uuid,
    upgrade: bool,
) {
    for name in CARRIERS {
        headers.remove(name);
    }
    // Our server has answered `Expect` already.
    for name in [HOST, EXPECT, COOKIE] {
        headers.remove(name);
    }
    remove_matching(headers, |name| name.as_str().starts_with("x-cpa-"));
    headers.insert(AUTHORIZATION, authorization);
    headers.insert(X_FORWARDED_FOR, value_of(request_id));
    if upgrade {
        // Compressed messages could not be metered.
        headers.remove(SEC_WEBSOCKET_EXTENSIONS);
        ask_for_upgrade(headers);
    }
    headers.insert(HOST, host);
}

/// Removes what clients must not see, and adds the request id and what keeps browsers from running an
/// answer.
pub(super) fn for_client(headers: &mut HeaderMap, request_id: Uuid) {
    let upgrade = is_upgrade(headers);
    remove_hop_by_hop(headers);
    remove_matching(headers, is_withheld);
    if upgrade {
        headers.insert(X_REQUEST_ID, value_of(request_id));
        ask_for_upgrade(headers);
    } else {
        identify(headers, request_id);
    }
}

/// Adds the request id and what keeps browsers from running an answer.
pub(super) fn identify(headers: &mut HeaderMap, request_id: Uuid) {
    headers.insert(X_REQUEST_ID, value_of(request_id));
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(CONTENT_SECURITY_POLICY, SANDBOX);
}

/// Adds the requests per minute: the limit, what is left of it, and when all of it is available again, in seconds since
/// 1970.
pub(super) fn set_rate_limits(
    headers: &mut HeaderMap,
    status: RateLimitStatus,
    received_at: DateTime<Utc>,
) {
    let reset = received_at + status.resets_in;
    let seconds = reset.timestamp() + i64::from(reset.timestamp_subsec_nanos() > 0);
    let seconds = u64::try_from(seconds).unwrap_or_default();
    let [limit, remaining, reset] = values_of([status.limit, status.remaining, seconds]);
    headers.insert(RATE_LIMIT, limit);
    headers.insert(RATE_LIMIT_REMAINING, remaining);
    headers.insert(RATE_LIMIT_RESET, reset);
}

/// Adds how long the request waited for limits, in milliseconds, if it did and the header is not there yet.
pub(super) fn set_waited(headers: &mut HeaderMap, waited: Option<Duration>) {
    if let Some(waited) = waited {
        let millis = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        headers
            .entry(WAITED)
            .or_insert_with(|| HeaderValue::from(millis));
    }
}

/// Numbers as values that share their memory.
fn values_of<const COUNT: usize>(numbers: [u64; COUNT]) -> [HeaderValue; COUNT] {
    let mut text = String::with_capacity(COUNT * MAX_DIGITS);
    let ends = numbers.map(|number| {
        // Writing to a string does not fail.
        let _ = write!(text, "{number}");
        text.len()
    });
    let text = Bytes::from(text);
    let mut start = 0;
    ends.map(|end| {
        let digits = text.slice(mem::replace(&mut start, end)..end);
        // A digit is a character that a header may have.
        HeaderValue::from_maybe_shared(digits).unwrap_or(HeaderValue::from_static("0"))
    })
}

/// `Authorization` may contain `Bearer`, in any case, or the bare key.
pub(super) fn without_scheme(value: &[u8]) -> &[u8] {
    const SCHEME: &[u8] = b"bearer ";
    match value.split_at_checked(SCHEME.len()) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case(SCHEME) => key.trim_ascii(),
        _ => value,
    }
}

/// Whether a message requests, or agrees to, a WebSocket.
fn is_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(WEBSOCKET.as_bytes()))
}

fn ask_for_upgrade(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, WEBSOCKET);
}

/// The headers that `Connection` names.
fn named(headers: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    let values = headers.get_all(CONNECTION).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = named(headers).collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

fn remove_matching(headers: &mut HeaderMap, is_unwanted: impl Fn(&HeaderName) -> bool) {
    if !headers.keys().any(&is_unwanted) {
        return;
    }
    let unwanted: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_unwanted(name))
        .cloned()
        .collect();
    for name in unwanted {
        headers.remove(name);
    }
}

fn value_of(request_id: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    let text = request_id.hyphenated().encode_lower(&mut buffer);
    // A UUID has no character that a header cannot have.
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_not_part_of_the_key() {
        assert_eq!(without_scheme(b"Bearer  sk-a "), b"sk-a");
        assert_eq!(without_scheme(b"bEARER sk-a"), b"sk-a");
        assert_eq!(without_scheme(b"sk-a"), b"sk-a");
    }

    #[test]
    fn headers_that_connection_names_stay_on_their_connection() {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static("close, X-Private"));
        headers.insert("x-private", HeaderValue::from_static("1"));
        headers.insert("x-public", HeaderValue::from_static("1"));

        remove_hop_by_hop(&mut headers);

        assert_eq!(headers.len(), 1);
        assert!(headers.contains_key("x-public"));
    }

    #[test]
    fn numbers_share_memory_and_are_separate_values() {
        let values = values_of([0, u64::MAX, 60]);

        assert_eq!(values, ["0", "18446744073709551615", "60"]);
    }

    fn read(pairs: &[(&'static str, &'static str)]) -> Result<bool, GatewayError> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        from_client(&mut headers)
    }

    #[test]
    fn connection_may_not_name_what_decides_how_a_request_is_read() {
        for name in [
            "content-encoding",
            "Content-Type",
            "close, CONTENT-LENGTH",
            "content-disposition",
            "transfer-encoding",
            "Authorization",
            "x-api-key",
            "x-goog-api-key",
            "host",
            "user-agent",
            "anthropic-version",
        ] {
            assert_eq!(
                read(&[("connection", name)]),
                Err(GatewayError::HeadersAmbiguous),
                "{name}"
            );
        }
        for name in [
            "close",
            "keep-alive, TE",
            "X-Private",
            "Upgrade, HTTP2-Settings",
            "",
        ] {
            assert_eq!(read(&[("connection", name)]), Ok(false), "{name}");
        }
    }

    #[test]
    fn headers_that_decide_how_a_body_is_read_are_there_once() {
        for name in ["content-encoding", "content-type", "content-length"] {
            let twice = [(name, "1"), (name, "1")];
            assert_eq!(read(&twice), Err(GatewayError::HeadersAmbiguous), "{name}");
            assert_eq!(read(&twice[..1]), Ok(false), "{name}");
        }
        let two_ends = [("content-length", "1"), ("transfer-encoding", "chunked")];
        assert_eq!(read(&two_ends), Err(GatewayError::HeadersAmbiguous));
    }

    #[test]
    fn an_upgrade_is_noticed_before_its_header_is_removed() {
        let upgrade = [("connection", "Upgrade"), ("upgrade", "WebSocket")];

        assert_eq!(read(&upgrade), Ok(true));
    }
}
