//! The Responses WebSocket: the handshake passes to the engine, then two sockets are joined message by message. Each turn is
//! admitted, metered and recorded like a request of its own.

mod arriving;
mod pending_answers;
mod session;
mod turn;

use std::sync::Arc;

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
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    arriving::Arriving,
    session::SocketSession,
    turn::{SocketPlace, Turns},
};
use super::{
    admission::{self, AdmissionControl, SocketEngine},
    answer::Responder,
    body::Upload,
    choose::{AccountChoice, session_id},
    context::RequestContext,
    dialect::GatewayError,
    forward::{EngineClient, UpstreamResponse},
    headers,
    memory::Memory,
    meter::{Drainer, Receipt, RequestEnd},
    metrics::GatewayMetrics,
    receipts::{PendingAdmission, Receipts},
};
use crate::{
    clock::SharedClock,
    deadlines::Deadlines,
    domain::{
        requests::RequestRecord, settings::Settings, users::api_keys::KeyRing,
        window_readings::SocketLevels,
    },
    observed_io::ObservedIo,
    traces::Traces,
};

/// The size of each socket's read buffer, in bytes. It is allocated as long as the socket is open.
const READ_BUFFER: usize = 16 * 1024;

type EngineSocket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;
type ClientSocket = WebSocketStream<ObservedIo<TokioIo<hyper::upgrade::Upgraded>, Arriving>>;

/// The components that handle a turn as the stack handles a request.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) keys: KeyRing,
    pub(super) clock: SharedClock,
    pub(super) settings: Settings,
    pub(super) admission: Arc<AdmissionControl>,
    pub(super) receipts: Arc<Receipts>,
    pub(super) engine: Arc<EngineClient>,
    pub(super) choice: Arc<AccountChoice>,
    pub(super) responder: Arc<Responder>,
    pub(super) drainer: Drainer,
    pub(super) memory: Memory,
    pub(super) metrics: GatewayMetrics,
    /// Levels of usage windows that sockets report.
    pub(super) levels: SocketLevels,
    pub(super) traces: Traces,
    pub(super) deadlines: Deadlines,
    pub(super) tasks: TaskTracker,
    /// Cancelled when no new turns may begin.
    pub(super) stop: CancellationToken,
    /// Cancelled when the server ends what still runs.
    pub(super) deadline: CancellationToken,
}

/// Passes the handshake to the engine, and joins the sockets if the engine agrees.
pub(super) async fn serve(
    sockets: Arc<Sockets>,
    context: Arc<RequestContext>,
    mut head: Head,
    pending: PendingAdmission,
) -> Result<Response<Body>, GatewayError> {
    let from_client = head.extensions.remove::<OnUpgrade>();
    let (caller, now) = (&context.caller, context.received_at);
    let socket = match admission::open_socket(&sockets.settings, caller, now) {
        Ok(socket) => socket,
        Err(error) => return Err(pending.refuse(error).await),
    };
    let session = session_id(&head.headers).map(<[u8]>::to_vec);
    let route = match sockets.choice.choose_for_socket(caller, session.as_deref()) {
        Ok(route) => route,
        Err(error) => return Err(pending.refuse(error).await),
    };
    let Some(record) = pending.into_record() else {
        return Err(GatewayError::EngineFailed);
    };
    let upload = Upload::new(Body::empty(), 0);
    let place = SocketPlace {
        engine: SocketEngine(route.account()),
        session,
    };
    let answer = sockets.engine.shake_hands(&context, &route, (head, upload));
    let answer = match answer.await {
        Ok(answer) => answer,
        Err(error) => {
            let (error, end) = sockets.responder.failure(context.id, &error, None);
            if context.caller.account().may_record_refusal() {
                let mut receipt = sockets.receipt(&context, record).await?;
                receipt.answer_with(&error, context.recipient);
                receipt.end(end);
            }
            return Err(error);
        }
    };
    match from_client {
        Some(from_client) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
            context.span.end(&opened(&record));
            let turns = Turns::new(Arc::clone(&sockets), &context, record, (socket, place));
            Ok(join(sockets, context, turns, from_client, answer))
        }
        _ => refused_by_engine(&sockets, context, answer, record).await,
    }
}

/// The engine's refusal is the answer.
async fn refused_by_engine(
    sockets: &Sockets,
    context: Arc<RequestContext>,
    answer: UpstreamResponse,
    record: RequestRecord,
) -> Result<Response<Body>, GatewayError> {
    let mut receipt = sockets.receipt(&context, record).await?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        receipt.answer_with(&GatewayError::EngineFailed, context.recipient);
        receipt.end(RequestEnd::Failed("handshake_failed"));
        return Err(GatewayError::EngineFailed);
    }
    sockets
        .responder
        .respond(context, answer, receipt, None)
        .await
}

impl Sockets {
    /// For a handshake that did not lead to a socket.
    async fn receipt(
        &self,
        context: &RequestContext,
        record: RequestRecord,
    ) -> Result<Receipt, GatewayError> {
        let permit = self.receipts.permit(context.id).await?;
        let (is_metered, span) = (context.route.is_metered, context.span.clone());
        Ok(self.receipts.open(permit, record, is_metered, span))
    }
}

/// The span of a handshake ends with this. It has no record: each turn has its own.
fn opened(record: &RequestRecord) -> RequestRecord {
    RequestRecord {
        http_status: Some(StatusCode::SWITCHING_PROTOCOLS.as_u16()),
        outcome: Outcome::Completed,
        error_code: None,
        ..record.clone()
    }
}

fn join(
    sockets: Arc<Sockets>,
    context: Arc<RequestContext>,
    turns: Turns,
    from_client: OnUpgrade,
    mut answer: UpstreamResponse,
) -> Response<Body> {
    let from_engine = hyper::upgrade::on(&mut answer);
    let (mut head, _) = answer.into_parts();
    headers::for_client(&mut head.headers, context.id);
    sockets.tasks.clone().spawn(async move {
        let (client, engine) = match tokio::try_join!(from_client, from_engine) {
            Ok(both) => both,
            Err(error) => {
                tracing::debug!(request.id = %context.id, %error, "a handshake was not completed");
                return;
            }
        };
        let max_body_bytes = sockets.settings.current().gateway.max_body_bytes;
        let limit = usize::try_from(max_body_bytes).unwrap_or(usize::MAX);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let memory = sockets.memory.of(context.caller.user_id, max_body_bytes);
        let arriving = Arriving::new(sockets.deadlines.progress, memory);
        let client = ObservedIo::new(TokioIo::new(client), arriving.clone());
        let client = ClientSocket::from_raw_socket(client, Role::Server, Some(config)).await;
        let engine =
            EngineSocket::from_raw_socket(TokioIo::new(engine), Role::Client, Some(config)).await;
        SocketSession::new(sockets, context, turns, arriving)
            .run(client, engine)
            .await;
    });
    Response::from_parts(head, Body::empty())
}
