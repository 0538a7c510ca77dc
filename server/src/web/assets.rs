//! Serves the embedded front end: its files, and the index page for every deep link.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
        },
    },
    response::{Html, IntoResponse as _, Response},
};
use rust_embed::{Embed, EmbeddedFile};
use tower::ServiceExt as _;
use url::Url;

use super::coding;

/// The output of `npm run build`; empty when it did not run before compilation.
#[derive(Embed)]
#[folder = "../frontend/dist"]
#[allow_missing = true]
struct FrontEnd;

const INDEX: &str = "index.html";
/// File names there contain a hash of the content.
const HASHED: &str = "assets/";
const CACHE_FOREVER: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "no-cache";
const NOT_BUILT: &str = include_str!("not_built.html");
/// Prefixes of API paths, and of the engine's paths, which are not served. Programs must not get the index page there.
const API_PREFIXES: [&str; 13] = [
    "/.well-known",
    "//",
    "/api",
    "/backend-api",
    "/gateway-api",
    "/keep-alive",
    "/managed",
    "/management.html",
    "/metrics",
    "/oauth",
    "/openai",
    "/v0",
    "/v1",
];
/// The path at which the engine receives sign-ins.
const ENGINE_CALLBACK: &str = "/callback";

/// The base path of the pages, and the router of everything else.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// The `<base>` tag for relative links below the public URL.
    base: Arc<str>,
    others: Router,
}

impl Pages {
    /// Pages of a server with this public URL. `others` serves everything else.
    pub(super) fn new(public_url: &Url, others: Router) -> Self {
        let path = public_url.path().trim_end_matches('/');
        let base = format!("<base href=\"{path}/\">");
        Self {
            base: base.into(),
            others,
        }
    }

    fn index(&self, headers: &HeaderMap) -> Response {
        let Some(file) = FrontEnd::get(INDEX) else {
            return (
                StatusCode::OK,
                [(CACHE_CONTROL, REVALIDATE)],
                Html(NOT_BUILT),
            )
                .into_response();
        };
        let page = String::from_utf8_lossy(&file.data);
        let page = page.replacen("<head>", &format!("<head>{}", self.base), 1);
        let tag = etag(&file);
        if is_known(headers, &tag) {
            return not_modified(tag);
        }
        let cache = HeaderValue::from_static(REVALIDATE);
        ([(CACHE_CONTROL, cache), (ETAG, tag)], Html(page)).into_response()
    }

    async fn other(self, request: Request) -> Response {
        let Ok(response) = self.others.oneshot(request).await;
        response
    }
}

/// Serves a file of the front end, or the index page to a browser that navigates.
pub(super) async fn page(State(pages): State<Pages>, request: Request) -> Response {
    let path = request.uri().path();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || is_api(path) {
        return pages.other(request).await;
    }
    let file = path.trim_start_matches('/');
    if file.is_empty() || file == INDEX {
        return pages.index(request.headers());
    }
    match FrontEnd::get(file) {
        Some(plain) => asset(file, plain, request.headers()),
        // A missing file must not become the index page: its content type would be wrong.
        None if !is_file(file) && wants_page(request.headers()) => pages.index(request.headers()),
        None => pages.other(request).await,
    }
}

/// The file in the smallest encoding that the browser accepts.
fn asset(path: &str, plain: EmbeddedFile, headers: &HeaderMap) -> Response {
    let kind = HeaderValue::from_str(plain.metadata.mimetype());
    let compressed = coding::wanted(headers).find_map(|coding| {
        let file = FrontEnd::get(&format!("{path}{}", coding.suffix))?;
        Some((file, Some(coding.name)))
    });
    let (file, coding) = compressed.unwrap_or((plain, None));
    let tag = etag(&file);
    if is_known(headers, &tag) {
        return not_modified(tag);
    }
    let cache = if path.starts_with(HASHED) {
        CACHE_FOREVER
    } else {
        REVALIDATE
    };
    let mut response = Response::new(Body::from(file.data));
    let answer = response.headers_mut();
    answer.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    answer.insert(ETAG, tag);
    answer.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(coding) = coding {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    if let Ok(kind) = kind {
        answer.insert(CONTENT_TYPE, kind);
    }
    response
}

fn etag(file: &EmbeddedFile) -> HeaderValue {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers.get(IF_NONE_MATCH).is_some_and(|known| known == tag)
}

fn not_modified(tag: HeaderValue) -> Response {
    (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response()
}

/// Whether the path is a file; paths of pages have no dot in their last segment.
fn is_file(path: &str) -> bool {
    let last = path.rsplit('/').next();
    last.is_some_and(|last| last.contains('.'))
}

/// Browsers send `Accept: text/html` when they navigate; other clients cannot use a page.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

fn is_api(path: &str) -> bool {
    API_PREFIXES.iter().any(|prefix| path.starts_with(prefix)) || path.ends_with(ENGINE_CALLBACK)
}
