//! Fuzz targets for what the gateway reads before it forwards.

use axum::http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use uuid::Uuid;

use super::{
    admission::names,
    headers::{self, without_scheme},
    memory::Memory,
    model::{self, ReadLimits, RequestedModel},
    route::{self, query},
};
use crate::domain::model_name::{is_any_model, routed_as};

/// The properties of a request that limits depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionReading {
    /// The name that is routed by; `None` when the request names none.
    pub model: Option<String>,
    /// The most tokens of one answer, when that is certain.
    pub max_output_tokens: Option<u64>,
    /// How many answers are asked for.
    pub choices: u64,
}

/// Reads a request as admission does for a caller whose limits depend on everything; `None` when it is refused.
pub async fn read_request(
    method: &Method,
    path: &str,
    mut headers: HeaderMap,
    body: Vec<u8>,
) -> Option<AdmissionReading> {
    headers::from_client(&mut headers).ok()?;
    let route = route::classify(method, path, &headers).ok()?;
    let limits = ReadLimits {
        max_body_bytes: 64 * 1024 * 1024,
        memory: &Memory::with_kib(256 * 1024).of(Uuid::nil(), 64 * 1024 * 1024),
        is_restricted: true,
        needs_bound: true,
    };
    let (asked, upload) = model::read(&route, &headers, body.into(), limits)
        .await
        .ok()?;
    // What follows the document is under watch.
    upload.collect().await.ok()?;
    let model = match asked.model {
        RequestedModel::Named(name) => Some(routed_as(names(route.dialect), &name).into_owned()),
        RequestedModel::Missing | RequestedModel::NotNeeded => None,
        RequestedModel::Ambiguous => return None,
    };
    if model.as_deref().is_some_and(is_any_model) {
        return None;
    }
    let certain = Some(asked.bound).filter(|bound| bound.is_certain);
    Some(AdmissionReading {
        model,
        max_output_tokens: certain.and_then(|bound| bound.max_output_tokens),
        choices: asked.bound.choices,
    })
}

/// No credential of a query is sent on, nothing that the engine keeps for itself is served, and what is
/// sent on is read as it was. Path and query, as in the first line of a request.
pub fn first_line(data: &[u8]) {
    let _ = without_scheme(data);
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let left = query::without_credentials(query);
    assert_eq!(query::credential(&left), None);
    for method in [Method::GET, Method::POST] {
        let Ok(route) = route::classify(&method, path, &HeaderMap::new()) else {
            continue;
        };
        assert!(!route.endpoint.chars().any(char::is_control));
        let again = route::classify(&method, &route.path, &HeaderMap::new());
        assert_eq!(again.as_ref(), Ok(&route));
    }
}
