//! Security headers of the pages: content security policy, no framing, no content sniffing.

use axum::{
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue,
        header::{
            CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::Response,
};
use url::Url;

const POLICY: &str = "default-src 'self'; base-uri 'self'; connect-src 'self'; font-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; \
     script-src 'self'; style-src 'self'";
const PERMISSIONS: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
const TWO_YEARS: &str = "max-age=63072000";

/// The headers of every response.
#[derive(Clone, Debug)]
pub(super) struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

impl SecurityHeaders {
    /// Headers for a server with this public URL.
    pub(super) fn new(public_url: &Url) -> Self {
        let mut headers = vec![
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (X_FRAME_OPTIONS, "DENY"),
            (REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "same-origin",
            ),
        ];
        if public_url.scheme() == "https" {
            headers.push((STRICT_TRANSPORT_SECURITY, TWO_YEARS));
        }
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name, HeaderValue::from_static(value)));
        Self(headers.collect())
    }
}

/// Adds the headers to a response; existing ones stay.
pub(super) async fn secure(
    State(SecurityHeaders(headers)): State<SecurityHeaders>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let present = response.headers_mut();
    for (name, value) in headers {
        present.entry(name).or_insert(value);
    }
    response
}
