//! The GraphQL explorer: a small page of our own to try the schema with. `GraphiQL` comes from a CDN or
//! weighs megabytes, and our pages load nothing from elsewhere.

use axum::{
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
};

const PAGE: &str = include_str!("explorer/index.html");
const SCRIPT: &str = include_str!("explorer/explorer.js");
const STYLE: &str = include_str!("explorer/explorer.css");

/// A file that the page loads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asset {
    Script,
    Style,
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        let (kind, text) = match self {
            Self::Script => ("text/javascript; charset=utf-8", SCRIPT),
            Self::Style => ("text/css; charset=utf-8", STYLE),
        };
        ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response()
    }
}

/// The page.
pub(super) fn page() -> Response {
    ([(CACHE_CONTROL, "no-store")], Html(PAGE)).into_response()
}
