//! `/graphql` over a WebSocket that speaks `graphql-transport-ws`.
//!
//! A socket outlives the request that opened it, so it is closed when its caller's credential ends. Clients
//! authenticate in `connection_init`: browsers with `{"csrfToken": …}` beside their
//! cookie, others with `{"authorization": "Bearer …"}` or the header of that name.

use std::{
    future::pending,
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_graphql::{
    Data,
    http::{ClientMessage, WebSocket as Protocol, WebSocketProtocols, WsMessage},
};
use axum::{
    body::Bytes,
    extract::{
        WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _, future::ready};
use serde::Deserialize;
use tokio::{
    sync::oneshot,
    time::{Instant, interval_at, timeout},
};

use super::{
    document::{DocumentLimits, shortened},
    message,
    rejection::TransportError,
    state::EndpointState,
    streams::{LiveOperations, StreamPermit},
};
use crate::{
    domain::{
        Error, Viewer,
        ledger::gcra::{Gcra, Rate},
    },
    graphql::resolver::{context::SocketAddress, error::ResolverError},
    web::{AuthenticatedCaller, SessionGuard, bearer_of, check_token},
};

/// The read buffer of each socket, in bytes.
const READ_BUFFER: usize = 8 * 1024;
/// The rate of messages of one client. A page of the web app sends some dozen at the same time.
const MESSAGES: Rate = Rate { per_minute: 300 };
/// The maximum bytes of the reason in a close frame.
const MAX_REASON: usize = 120;
/// The minimum of the message size limit, because a client can authenticate after the upgrade.
const MAX_MESSAGE: usize = 64 * 1024;
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const UNAUTHORIZED: u16 = 4401;
const INITIALISATION_TIMEOUT: u16 = 4408;

/// The payload of `connection_init`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConnectionInit {
    csrf_token: Option<String>,
    authorization: Option<String>,
}

/// Upgrades a request. Requests from other origins are rejected, whatever their credentials.
pub(super) async fn open(
    endpoint: EndpointState,
    upgrade: WebSocketUpgrade,
    headers: HeaderMap,
    address: SocketAddress,
) -> Response {
    if let Err(error) = endpoint.authenticator.origins.check(&headers) {
        return TransportError::from(error).into_response();
    }
    let caller = match endpoint.identify(&headers, address.0).await {
        Ok(caller) => caller,
        Err(error) => return TransportError::from(error).into_response(),
    };
    let protocol = WebSocketProtocols::GraphQLWS.sec_websocket_protocol();
    // Clients that authenticate later have this limit too; large imports use POST.
    let longest = DocumentLimits::of(&caller.viewer).body.max(MAX_MESSAGE);
    let upgrade = upgrade
        .max_message_size(longest)
        // Otherwise a frame of up to 16 MiB is read before its message is rejected.
        .max_frame_size(longest)
        .read_buffer_size(READ_BUFFER)
        .protocols([protocol]);
    if upgrade.selected_protocol().is_none() {
        let text = "the subprotocol must be graphql-transport-ws\n";
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    upgrade.on_upgrade(move |socket| serve(endpoint, socket, caller, address))
}

async fn serve(
    endpoint: EndpointState,
    socket: WebSocket,
    caller: AuthenticatedCaller,
    address: SocketAddress,
) {
    let (mut sink, stream) = socket.split();
    let (authenticated, authentication) = oneshot::channel();
    let (schema, shutdown) = (endpoint.bound_schema(), endpoint.shutdown.clone());
    let limits = Arc::new(OnceLock::new());
    let messages = messages(stream, Arc::clone(&limits));
    let init = move |payload| async move {
        let admitted = authenticate(&endpoint, caller, payload, address).await;
        let (caller, place) = admitted.map_err(ResolverError::from)?;
        let _ = limits.set(DocumentLimits::of(&caller.viewer));
        let _ = authenticated.send(caller.session_guard);
        let mut data = Data::default();
        data.insert(caller.viewer);
        data.insert(place);
        data.insert(LiveOperations::default());
        data.insert(address);
        Ok(data)
    };
    let protocol = WebSocketProtocols::GraphQLWS;
    let messages =
        Protocol::from_message_stream(schema, messages, protocol).on_connection_init(init);
    let reason = tokio::select! {
        () = exchange(messages, &mut sink) => None,
        reason = reason_to_close(authentication) => Some(reason),
        () = shutdown.cancelled() => Some((close_code::AWAY, "the server is stopping")),
    };
    if let Some((code, reason)) = reason {
        let reason = reason.into();
        let _ = sink
            .send(Message::Close(Some(CloseFrame { code, reason })))
            .await;
    }
}

/// Authenticates the client of the socket and reserves one of its streams.
async fn authenticate(
    endpoint: &EndpointState,
    caller: AuthenticatedCaller,
    payload: serde_json::Value,
    SocketAddress(address): SocketAddress,
) -> Result<(AuthenticatedCaller, StreamPermit), Error> {
    let init: Option<ConnectionInit> = serde_json::from_value(payload).map_err(|_| {
        Error::bad_input("the payload of connection_init must have csrfToken or authorization")
    })?;
    let init = init.unwrap_or_default();
    let caller = match init.authorization {
        Some(authorization) => {
            let presented = bearer_of(&authorization).ok_or(Error::Unauthenticated)?;
            let caller = endpoint.authenticator.bearer(presented, address).await;
            endpoint.charge_wrong(caller, address)?
        }
        None => caller,
    };
    match &caller.viewer {
        Viewer::Anonymous => return Err(Error::Unauthenticated),
        Viewer::Session(session) => check_token(session, init.csrf_token.as_deref())?,
        Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => {}
    }
    let place = endpoint.streams.take(&caller.viewer);
    let place = place.ok_or_else(|| Error::bad_input("too many open connections"))?;
    Ok((caller, place))
}

/// Waits until `connection_init` is overdue or the caller's credential ends.
async fn reason_to_close(authentication: oneshot::Receiver<SessionGuard>) -> (u16, &'static str) {
    match timeout(INIT_TIMEOUT, authentication).await {
        Ok(Ok(session_guard)) => session_guard.ended().await,
        // Rejected: the protocol closes the socket itself.
        Ok(Err(_)) => pending().await,
        Err(_) => return (INITIALISATION_TIMEOUT, "connection_init is overdue"),
    }
    (
        UNAUTHORIZED,
        "the session, token or key has expired or was revoked",
    )
}

/// Sends messages until one side closes the socket.
async fn exchange(
    messages: impl Stream<Item = WsMessage>,
    sink: &mut (impl Sink<Message> + Unpin),
) {
    let mut messages = pin!(messages);
    // Not immediately: an unread ping would turn the close into a reset.
    let mut keep_alive = interval_at(Instant::now() + KEEP_ALIVE_INTERVAL, KEEP_ALIVE_INTERVAL);
    loop {
        let message = tokio::select! {
            message = messages.next() => match message {
                Some(WsMessage::Text(text)) => Message::Text(text.into()),
                Some(WsMessage::Close(code, reason)) => {
                    let reason = shortened(&reason, MAX_REASON);
                    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
                }
                None => return,
            },
            _ = keep_alive.tick() => Message::Ping(Bytes::new()),
        };
        if sink.send(message).await.is_err() {
            return;
        }
    }
}

/// The client's messages. A client that exceeds the rate limit is disconnected.
fn messages(
    stream: impl Stream<Item = Result<Message, axum::Error>>,
    known_limits: Arc<OnceLock<&'static DocumentLimits>>,
) -> impl Stream<Item = serde_json::Result<ClientMessage>> {
    let (since, mut bucket) = (Instant::now(), Gcra::default());
    texts(stream).map(move |text| {
        if bucket.take(MESSAGES, 1, since.elapsed()).is_some() {
            return Err(serde::de::Error::custom("too many messages"));
        }
        let limits = known_limits.get().copied();
        let limits = limits.unwrap_or_else(|| DocumentLimits::of(&Viewer::Anonymous));
        message::client_message(&text, limits)
    })
}

/// The payloads that the client sends, until it disconnects.
fn texts(stream: impl Stream<Item = Result<Message, axum::Error>>) -> impl Stream<Item = Bytes> {
    stream
        .take_while(|message| ready(message.is_ok()))
        .filter_map(|message| ready(message.ok().and_then(text)))
}

fn text(message: Message) -> Option<Bytes> {
    match message {
        Message::Text(text) => Some(text.into()),
        Message::Binary(bytes) => Some(bytes),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => None,
    }
}
