//! The HTTP client of the set-up.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{
    HeaderMap, Request, Response,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

/// A client without a connection pool of its own.
pub(crate) type Http = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn http() -> Http {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Posts JSON with further headers.
pub(crate) async fn post(
    http: &Http,
    url: &str,
    headers: &[(&str, &str)],
    body: String,
) -> anyhow::Result<Response<Incoming>> {
    let mut request = Request::post(url).header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(http.request(request.body(Full::from(body))?).await?)
}

/// Requests a chat completion with a user's key.
pub(crate) async fn chat(
    http: &Http,
    address: SocketAddr,
    key: &str,
    body: String,
) -> anyhow::Result<Response<Incoming>> {
    let url = format!("http://{address}/v1/chat/completions");
    let bearer = format!("Bearer {key}");
    post(http, &url, &[(AUTHORIZATION.as_str(), &bearer)], body).await
}

/// A GraphQL response with its headers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) data: Value,
    pub(crate) headers: HeaderMap,
}

/// Runs an operation; any error in the answer is an error.
pub(crate) async fn graphql(
    address: SocketAddr,
    headers: &[(&str, &str)],
    operation: &str,
) -> anyhow::Result<Answer> {
    let url = format!("http://{address}/graphql");
    let body = serde_json::json!({"query": operation}).to_string();
    let response = post(&http(), &url, headers, body).await?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    let text = String::from_utf8_lossy(&body);
    let mut answer: Value = serde_json::from_slice(&body)
        .with_context(|| format!("GraphQL answered {} {text}", parts.status))?;
    ensure!(answer.get("errors").is_none(), "GraphQL answered {text}");
    Ok(Answer {
        data: answer["data"].take(),
        headers: parts.headers,
    })
}
