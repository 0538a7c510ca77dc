//! The turns of a socket: which are in flight, and what each used.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use memchr::memchr2;
use metering::{ModelScanner, TurnTap};
use uuid::Uuid;

use super::{Sockets, pending_answers::PendingAnswers};
use crate::{
    clock::SharedClock,
    domain::{
        ledger::OpenSocket,
        requests::RequestRecord,
        users::api_keys::{Caller, KeyProblem},
    },
    gateway::{
        admission::{
            Admission, AdmissionRequest, NotAdmitted, RequestStart, SocketEngine, StartError,
        },
        context::{Origin, RequestContext},
        dialect::{Dialect, ErrorRecipient, GatewayError},
        meter::{Receipt, RequestEnd},
        model::{ModelRequest, RequestedModel},
        trace::RequestSpan,
        wait::ClientEnd,
    },
};

const GENERATING_TYPES: [&str; 2] = ["response.create", "response.append"];
/// In flight on a socket.
const MAX_TURNS: usize = 32;
/// When to try again after a turn too many, or on the next server while this one stops.
const RECOVERY: Duration = Duration::from_secs(1);

/// Shared by the two directions of a socket.
pub(super) struct Turns {
    sockets: Arc<Sockets>,
    recipient: ErrorRecipient,
    /// Of the handshake.
    span: RequestSpan,
    origin: Origin,
    _socket: OpenSocket,
    place: SocketPlace,
    state: Mutex<TurnState>,
}

/// Where a socket is open to.
#[derive(Debug)]
pub(super) struct SocketPlace {
    pub(super) engine: SocketEngine,
    /// The id of the session that the tool sent.
    pub(super) session: Option<Vec<u8>>,
}

struct TurnState {
    caller: Arc<Caller>,
    /// The record of every turn starts with this.
    template: RequestRecord,
    /// The first turn has the id of the handshake.
    is_first: bool,
    /// The model of a message that names none.
    last_model: Option<String>,
    /// Whether turns named different models: which one the engine continues with depends on how they ended.
    is_mixed: bool,
    answers: PendingAnswers,
    tap: TurnTap,
}

impl Turns {
    pub(super) fn new(
        sockets: Arc<Sockets>,
        context: &RequestContext,
        record: RequestRecord,
        (socket, place): (OpenSocket, SocketPlace),
    ) -> Self {
        Self {
            sockets,
            recipient: context.recipient,
            span: context.span.clone(),
            origin: context.origin,
            _socket: socket,
            place,
            state: Mutex::new(TurnState {
                caller: Arc::clone(&context.caller),
                template: RequestRecord {
                    connection_id: Some(record.id),
                    streamed: true,
                    http_status: Some(101),
                    ..record
                },
                is_first: true,
                last_model: None,
                is_mixed: false,
                answers: PendingAnswers::default(),
                tap: TurnTap::default(),
            }),
        }
    }

    #[expect(clippy::too_many_lines, reason = "the steps of a turn, in their order")]
    /// Observes a message of the client. One that generates must be admitted; while it waits for that, `client` resolves when
    /// the client leaves.
    pub(super) async fn begin(
        &self,
        message: &[u8],
        client: impl Future<Output = ClientEnd>,
    ) -> Result<(), GatewayError> {
        let is_limited = self.lock().caller.has_limits_by_model();
        let mut scanner = ModelScanner::for_message(is_limited);
        scanner.observe(message);
        let Some((caller, model)) = self.generation(message, &scanner)? else {
            return Ok(());
        };
        let asked = ModelRequest {
            model,
            bound: scanner.bound(),
            tier: scanner.requested_tier(),
            body_bytes: Some(message.len() as u64),
        };
        let record = self.lock().next_record(&asked.model, &self.sockets.clock);
        let mut turn = UnadmittedTurn {
            turns: self,
            caller: &caller,
            record: Some(record),
        };
        let Some(record) = &mut turn.record else {
            return Ok(());
        };
        let request = AdmissionRequest {
            caller: &caller,
            dialect: Dialect::Responses,
            is_metered: true,
            names_model: true,
            lists_models: false,
            read_bytes: message.len() as u64,
            is_text: true,
            session: self.place.session.as_deref(),
            socket: Some(self.place.engine),
            span: &self.span,
        };
        let sockets = &self.sockets;
        let mut client = pin!(client);
        let admitted = match self.start(&caller, record, client.as_mut()).await {
            Ok(start) => {
                let admission = &sockets.admission;
                let admission = admission.admit(request, start, &asked, record, client);
                admission.await
            }
            Err(error) => Err(error),
        };
        match (admitted, turn.record.take()) {
            (Ok(admission), Some(record)) => {
                self.open(admission, record);
                Ok(())
            }
            (Err(NotAdmitted::Refused(error)), Some(record)) => {
                let span = self.span.turn(&sockets.traces, &record);
                let sent = (&error, self.recipient);
                sockets.receipts.refuse(&caller, sent, record, span).await;
                Err(error)
            }
            (Err(NotAdmitted::ClientGone), record) => {
                turn.record = record;
                Err(GatewayError::EngineFailed)
            }
            // The record is taken here only.
            (_, None) => Ok(()),
        }
    }

    async fn start(
        &self,
        caller: &Caller,
        record: &mut RequestRecord,
        client: impl Future<Output = ClientEnd>,
    ) -> Result<RequestStart, NotAdmitted> {
        let admission = &self.sockets.admission;
        match admission.start(caller, record.started_at) {
            Ok(start) => Ok(start),
            Err(StartError::Refused(error)) => Err(NotAdmitted::Refused(error)),
            Err(StartError::MayWait) => {
                let asks = (true, &self.span);
                admission.start_waiting(caller, asks, record, client).await
            }
        }
    }

    /// The caller and the model, if the message generates.
    fn generation(
        &self,
        message: &[u8],
        scanner: &ModelScanner,
    ) -> Result<Option<(Arc<Caller>, RequestedModel)>, GatewayError> {
        let mut state = self.lock();
        let caller = self.renewed(&state.caller).map_err(GatewayError::of_key)?;
        state.caller = Arc::clone(&caller);
        let model = RequestedModel::from(scanner.finish());
        let generates = match model {
            // A message that can be read in two ways may generate.
            RequestedModel::Ambiguous => caller.is_restricted() || may_hold_object(message),
            RequestedModel::Named(_) | RequestedModel::Missing | RequestedModel::NotNeeded => {
                scanner
                    .kind()
                    .is_some_and(|kind| GENERATING_TYPES.contains(&kind.trim()))
            }
        };
        if !generates {
            state.answers.push_other();
            return Ok(None);
        }
        if self.sockets.stop.is_cancelled() || state.answers.turns() >= MAX_TURNS {
            return Err(GatewayError::Overloaded {
                retry_after: RECOVERY,
            });
        }
        let model = match (model, &state.last_model) {
            (RequestedModel::Missing, Some(_)) if state.is_mixed => RequestedModel::Ambiguous,
            (RequestedModel::Missing, Some(last)) => RequestedModel::Named(last.clone()),
            (model, _) => model,
        };
        caller.used(self.sockets.clock.now());
        Ok(Some((caller, model)))
    }

    /// The caller as its key is now. The networks and clients of the key may have changed since the handshake.
    fn renewed(&self, caller: &Caller) -> Result<Arc<Caller>, Option<KeyProblem>> {
        let origin = self.origin;
        let caller = self.sockets.keys.renew_from(caller, origin.address)?;
        caller.check_client(origin.client).map_err(Some)?;
        Ok(caller)
    }

    fn open(&self, admission: Admission, record: RequestRecord) {
        let mut state = self.lock();
        // The engine does not know a model that was refused, so it does not continue with it.
        let last = state.last_model.take();
        state.is_mixed |= last.is_some() && record.model.is_some() && last != record.model;
        state.last_model = record.model.clone().or(last);
        let sockets = &self.sockets;
        let span = self.span.turn(&sockets.traces, &record);
        let mut receipt = sockets.receipts.open(admission.permit, record, true, span);
        receipt.expect(admission.expected);
        receipt.send_on(admission.route);
        state.answers.push_turn(receipt);
    }

    /// Observes a message of the engine. If it ends a turn, the receipt is returned, to be settled once the message is
    /// delivered.
    pub(super) fn observe(&self, message: &[u8]) -> Option<Receipt> {
        let mut state = self.lock();
        let seen = state.tap.observe_event(message);
        let is_error = seen.as_ref().is_some_and(|seen| !seen.ended);
        if is_error && state.answers.take_error() {
            return None;
        }
        state.answers.current()?.first_byte();
        let seen = seen?;
        let mut receipt = state.answers.next_turn()?;
        receipt.observed(seen);
        Some(receipt)
    }

    /// Whether any turn is in flight.
    pub(super) fn is_open(&self) -> bool {
        self.lock().answers.turns() > 0
    }

    /// The client has left: its turns no longer count among its concurrent requests.
    pub(super) fn client_left(&self) {
        self.lock().answers.client_left();
    }

    /// Ends the turns that are in flight.
    pub(super) fn end(&self, end: RequestEnd) {
        let mut state = self.lock();
        let mut seen = Some(std::mem::take(&mut state.tap).finish());
        while let Some(mut receipt) = state.answers.next_turn() {
            if let Some(seen) = seen.take() {
                receipt.observed(seen);
            }
            receipt.end(end);
        }
    }

    fn lock(&self) -> MutexGuard<'_, TurnState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the engine may find an object in a message: it looks for the first bracket of any kind, whatever precedes it.
fn may_hold_object(message: &[u8]) -> bool {
    let first = memchr2(b'{', b'[', message).and_then(|index| message.get(index));
    first == Some(&b'{')
}

impl TurnState {
    fn next_record(&mut self, model: &RequestedModel, clock: &SharedClock) -> RequestRecord {
        let first = std::mem::replace(&mut self.is_first, false);
        RequestRecord {
            id: if first {
                self.template.id
            } else {
                Uuid::now_v7()
            },
            started_at: clock.now(),
            model: model.name().map(str::to_owned),
            ..self.template.clone()
        }
    }
}

/// A turn that is not admitted yet. It is recorded as abandoned when dropped: when the client leaves, and when anything else
/// ends the socket while the turn waits.
struct UnadmittedTurn<'a> {
    turns: &'a Turns,
    caller: &'a Caller,
    record: Option<RequestRecord>,
}

impl Drop for UnadmittedTurn<'_> {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            let sockets = &self.turns.sockets;
            let span = self.turns.span.turn(&sockets.traces, &record);
            Arc::clone(&sockets.receipts).abandon(self.caller, record, span);
        }
    }
}
