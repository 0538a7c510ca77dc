//! `/graphql` over plain HTTP: JSON for queries and mutations, server-sent events for subscriptions, the
//! explorer for people.
//!
//! The body is read here and not by the library, which accepts forms and text as well (which a page of any
//! origin can send), mutations by GET, and batches.

use async_graphql::{Request as Operation, Response as Answer};
use async_graphql_axum::GraphQLResponse;
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts as _, Request, State, WebSocketUpgrade},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
};

use super::{
    bounds::SignedOut,
    budget::Payer,
    compression::NeverCompressed,
    csrf,
    document::{self, DocumentLimits},
    events, explorer, message,
    rejection::TransportError,
    socket,
    state::EndpointState,
};
use crate::{
    deadlines::is_too_slow,
    domain::{Error, Viewer},
    graphql::resolver::context::SocketAddress,
    web::{AuthenticatedCaller, CSRF_HEADER, check_token},
};

const EVENTS: &str = "text/event-stream";
const GRAPHQL_JSON: &str = "application/graphql-response+json";

/// Runs one operation.
pub(super) async fn post(State(endpoint): State<EndpointState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answered = run(endpoint, parts, body).await;
    answered.unwrap_or_else(TransportError::into_response)
}

async fn run(
    endpoint: EndpointState,
    parts: Parts,
    body: Body,
) -> Result<Response, TransportError> {
    if !is_json(&parts.headers) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into());
    }
    let address = endpoint.address(&parts);
    let caller = endpoint.identify(&parts.headers, address).await?;
    let limits = DocumentLimits::of(&caller.viewer);
    let body = read(body, limits).await?;
    // A body may take long, and the credential of its head can end meanwhile.
    if !caller.session_guard.holds().await {
        return Err(Error::Unauthenticated.into());
    }
    let payer = Payer::of(&caller.viewer, address);
    endpoint.budgets.pay_for_bytes(payer, body.len())?;
    let mut operation = document::admit(parse(&body, limits)?, limits);
    check_csrf(&caller, &mut operation, &parts.headers)?;
    let mut operation = operation.data(caller.viewer.clone());
    if caller.is_signed_out {
        operation = operation.data(SignedOut);
    }
    if accepts(&parts.headers, EVENTS) {
        let operation = operation.data(SocketAddress(address));
        return events::answer(&endpoint, caller, operation);
    }
    let mut operation = operation.data(endpoint.browser(&parts));
    let changes = csrf::changes(&mut operation);
    let schema = endpoint.schema.clone();
    let work = async move { schema.execute(operation).await };
    let answer = if changes {
        // Completes although the caller disconnects: a change is made and recorded, or neither.
        let work = endpoint.tasks.spawn(work).await;
        work.map_err(|error| Error::Internal(error.into()))?
    } else {
        work.await
    };
    let mut response = json(answer, accepts(&parts.headers, GRAPHQL_JSON));
    if changes {
        response.extensions_mut().insert(NeverCompressed);
    }
    Ok(response)
}

/// Upgrades to a WebSocket, or serves the explorer to an administrator's browser.
pub(super) async fn get(State(endpoint): State<EndpointState>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let address = endpoint.address(&parts);
    if let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        return socket::open(endpoint, upgrade, parts.headers, SocketAddress(address)).await;
    }
    if !accepts(&parts.headers, "text/html") {
        let text = "send operations with POST, or upgrade to graphql-transport-ws\n";
        return (StatusCode::NOT_ACCEPTABLE, text).into_response();
    }
    match endpoint.identify(&parts.headers, address).await {
        Ok(caller) if caller.viewer.role().is_some() => explorer::page(),
        Ok(_) => {
            let text =
                "The GraphQL explorer is for administrators: sign in first, then come back.\n";
            (StatusCode::UNAUTHORIZED, text).into_response()
        }
        Err(error) => TransportError::from(error).into_response(),
    }
}

async fn read(body: Body, limits: &DocumentLimits) -> Result<Bytes, TransportError> {
    let body = to_bytes(body, limits.body).await;
    let body = body.map_err(|error| {
        if is_too_slow(&error) {
            StatusCode::REQUEST_TIMEOUT
        } else {
            StatusCode::PAYLOAD_TOO_LARGE
        }
    });
    Ok(body?)
}

fn parse(body: &[u8], limits: &DocumentLimits) -> Result<Operation, TransportError> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::bad_input("the body must be one operation as a JSON object").into());
    }
    let operation = message::operation(body, limits);
    operation.map_err(|error| Error::BadInput(format!("not a GraphQL operation: {error}")).into())
}

fn check_csrf(
    caller: &AuthenticatedCaller,
    operation: &mut Operation,
    headers: &HeaderMap,
) -> Result<(), TransportError> {
    let Viewer::Session(session) = &caller.viewer else {
        return Ok(());
    };
    // A document that cannot be parsed is not executed; the schema reports the error.
    if !csrf::needs_token(operation).unwrap_or(false) {
        return Ok(());
    }
    let presented = headers
        .get(CSRF_HEADER)
        .and_then(|token| token.to_str().ok());
    Ok(check_token(session, presented)?)
}

fn json(answer: Answer, graphql: bool) -> Response {
    let mut response = GraphQLResponse::from(answer).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !graphql {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains(media_type))
}
