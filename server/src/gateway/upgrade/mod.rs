//! The Responses WebSocket: the handshake passes as it is, then two sockets are joined message by
//! message. Each turn is admitted, metered and recorded like a request of its own.

mod arriving;
mod pending_answers;
mod session;
mod turn;

use axum::{
    body::Body,
    http::{Response, StatusCode, request::Parts as Head},
};
use entity::request::Outcome;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};

use self::{
    arriving::{Arriving, ClientIo},
    session::SocketSession,
    turn::Turns,
};
use super::{
    admission::{self, StartedRequest},
    body::Upload,
    dialect::GatewayError,
    forward::{UpstreamBody, UpstreamResponse},
    headers,
    meter::{Receipt, RequestEnd},
    serve::RequestContext,
};
use crate::domain::{
    ledger::{Ledger, OpenSocket},
    requests::RequestRecord,
};

/// What a socket reads at once, in bytes: each has a buffer of this size as long as it is open.
const READ_BUFFER: usize = 16 * 1024;

/// The engine's socket.
type EngineSocket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;
/// The client's.
type ClientSocket = WebSocketStream<ClientIo>;

/// Passes the handshake to the engine, and joins the sockets if it agrees.
pub(super) async fn serve(
    pass: RequestContext,
    mut head: Head,
    started: StartedRequest,
    record: RequestRecord,
) -> Result<Response<Body>, GatewayError> {
    // While it shakes hands it is a request like others; after that its turns are.
    let _slot = started.slot;
    let from_client = head.extensions.remove::<OnUpgrade>();
    let socket = match open_socket(&pass) {
        Ok(socket) => socket,
        Err(fault) => return Err(pass.refused(fault, record).await),
    };
    let answer = match shake_hands(&pass, head).await {
        Ok(answer) => answer,
        Err((fault, end)) => {
            if pass.caller.account().may_record_refusal() {
                new_receipt(&pass, record).await?.end(end);
            }
            return Err(fault);
        }
    };
    match from_client {
        Some(from_client) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
            Ok(join(pass, socket, from_client, answer, record))
        }
        // The engine refused, and its refusal is the answer.
        _ => refused_by_engine(pass, answer, record).await,
    }
}

async fn shake_hands(
    pass: &RequestContext,
    head: Head,
) -> Result<UpstreamResponse, (GatewayError, RequestEnd)> {
    let request = pass
        .for_engine(head, Upload::new(Body::empty(), 0))
        .map_err(|fault| (fault.clone(), RequestEnd::Failed(fault.code())))?;
    let gateway = &pass.gateway.0;
    let limit = gateway.settings.current().gateway.answer_timeout();
    let answer = gateway.upstream.shake_hands(request, limit).await;
    answer.map_err(|error| pass.explain(&error, None))
}

async fn refused_by_engine(
    pass: RequestContext,
    answer: UpstreamResponse,
    record: RequestRecord,
) -> Result<Response<Body>, GatewayError> {
    let mut receipt = new_receipt(&pass, record).await?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        receipt.end(RequestEnd::Failed("handshake_failed"));
        return Err(GatewayError::EngineFailed);
    }
    Ok(pass.answered(answer, receipt).await)
}

/// For a handshake that did not lead to a socket.
async fn new_receipt(
    pass: &RequestContext,
    record: RequestRecord,
) -> Result<Receipt, GatewayError> {
    let permit = admission::permit(&pass.gateway.0.recorder, pass.id).await?;
    let in_flight = pass.gateway.0.in_flight.token();
    Ok(Receipt::new(
        permit,
        record,
        pass.route.is_metered,
        in_flight,
        pass.span.clone(),
    ))
}

/// Counts the socket against what the caller may have open.
fn open_socket(pass: &RequestContext) -> Result<OpenSocket, GatewayError> {
    let defaults = pass.gateway.0.settings.current().gateway.default_rate_limit;
    let account = pass.caller.account();
    Ledger::open_socket(account, pass.caller.api_key_id, defaults)
        .map_err(|limited| admission::fault(limited, None, pass.now))
}

/// The handshake itself, which has no row: each turn has its own.
fn opened(record: &RequestRecord) -> RequestRecord {
    RequestRecord {
        http_status: Some(StatusCode::SWITCHING_PROTOCOLS.as_u16()),
        outcome: Outcome::Completed,
        error_code: None,
        ..record.clone()
    }
}

fn join(
    pass: RequestContext,
    socket: OpenSocket,
    from_client: OnUpgrade,
    answer: UpstreamResponse,
    record: RequestRecord,
) -> Response<Body> {
    let mut answer = answer.map(UpstreamBody::into_incoming);
    let from_engine = hyper::upgrade::on(&mut answer);
    let (mut head, _) = answer.into_parts();
    headers::for_client(&mut head.headers, pass.id);
    pass.span.end(&opened(&record));
    let gateway = pass.gateway.0.clone();
    gateway.tasks.clone().spawn(async move {
        let (client, engine) = match tokio::try_join!(from_client, from_engine) {
            Ok(both) => both,
            Err(error) => {
                tracing::debug!(request.id = %pass.id, %error, "a handshake was not completed");
                return;
            }
        };
        let max_body_bytes = gateway.settings.current().gateway.max_body_bytes;
        let limit = usize::try_from(max_body_bytes).unwrap_or(usize::MAX);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let memory = pass.memory(max_body_bytes);
        let arriving = Arriving::new(gateway.deadlines.progress, memory);
        let client = ClientIo::new(client, arriving.clone());
        let client = ClientSocket::from_raw_socket(client, Role::Server, Some(config)).await;
        let engine =
            EngineSocket::from_raw_socket(TokioIo::new(engine), Role::Client, Some(config)).await;
        let turns = Turns::new(&pass, record, socket);
        SocketSession::new(pass, turns, arriving)
            .run(client, engine)
            .await;
    });
    Response::from_parts(head, Body::empty())
}
