//! The turns of one socket: which are under way, and what each used.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use memchr::memchr2;
use metering::{ModelScanner, TurnTap};
use uuid::Uuid;

use super::pending_answers::PendingAnswers;

use crate::{
    clock::SharedClock,
    domain::{api_keys::Caller, ledger::OpenSocket, requests::RequestRecord},
    gateway::{
        Gateway,
        admission::{self, Admission, AdmissionRequest},
        dialect::{Dialect, GatewayError},
        meter::{Receipt, RequestEnd},
        model::{ModelRequest, RequestedModel},
        serve::{RequestContext, refused},
        trace::RequestSpan,
    },
};

/// Messages that make the engine generate.
const GENERATING: [&str; 2] = ["response.create", "response.append"];
/// Turns under way on one socket, at most.
const MOST_TURNS: usize = 32;
/// When to try again after a turn too many, or on the server that comes after this one.
const RECOVERY: Duration = Duration::from_secs(1);

/// The turns of one socket, shared by its two directions.
pub(super) struct Turns {
    gateway: Gateway,
    /// Of the handshake.
    span: RequestSpan,
    _socket: OpenSocket,
    state: Mutex<State>,
}

struct State {
    caller: Arc<Caller>,
    /// What every turn's record begins with.
    template: RequestRecord,
    /// The first turn carries the id of the socket itself.
    is_first: bool,
    /// A message without a model goes on with the last one.
    last_model: Option<String>,
    /// Whether turns named different models: which one the engine goes on with depends on how they ended.
    is_mixed: bool,
    owed: PendingAnswers,
    tap: TurnTap,
}

impl Turns {
    pub(super) fn new(pass: &RequestContext, record: RequestRecord, socket: OpenSocket) -> Self {
        Self {
            gateway: pass.gateway.clone(),
            span: pass.span.clone(),
            _socket: socket,
            state: Mutex::new(State {
                caller: Arc::clone(&pass.caller),
                template: RequestRecord {
                    connection_id: Some(record.id),
                    streamed: true,
                    http_status: Some(101),
                    ..record
                },
                is_first: true,
                last_model: None,
                is_mixed: false,
                owed: PendingAnswers::default(),
                tap: TurnTap::default(),
            }),
        }
    }

    /// Looks at a message of the client: one that generates must be admitted.
    pub(super) async fn begin(&self, message: &[u8]) -> Result<(), GatewayError> {
        let is_limited = self.lock().caller.has_limits_by_model();
        let mut scanner = ModelScanner::for_message(is_limited);
        scanner.observe(message);
        let Some((caller, model)) = self.asked(message, &scanner)? else {
            return Ok(());
        };
        let asked = ModelRequest {
            model,
            bound: scanner.bound(),
            body_bytes: Some(message.len() as u64),
        };
        let mut record = self.lock().next_record(&asked.model, &self.gateway.0.clock);
        let applicant = AdmissionRequest {
            caller: &caller,
            dialect: Dialect::OpenAi,
            is_metered: true,
            names_model: true,
            read_bytes: message.len() as u64,
            is_text: true,
        };
        let admitted = match admission::start(&self.gateway.0, &caller, record.started_at) {
            Ok(started) => {
                admission::admit(&self.gateway.0, applicant, started, &asked, &mut record).await
            }
            Err(fault) => Err(fault),
        };
        match admitted {
            Ok(admission) => {
                self.open(admission, record);
                Ok(())
            }
            Err(fault) => {
                self.record_refusal(&caller, &fault, record).await;
                Err(fault)
            }
        }
    }

    /// Who asks for which model, if the message generates.
    fn asked(
        &self,
        message: &[u8],
        scanner: &ModelScanner,
    ) -> Result<Option<(Arc<Caller>, RequestedModel)>, GatewayError> {
        let mut state = self.lock();
        let caller = self
            .gateway
            .0
            .keys
            .renew(&state.caller)
            .map_err(GatewayError::of_key)?;
        state.caller = Arc::clone(&caller);
        let model = RequestedModel::from(scanner.finish());
        let generates = match model {
            // Of a message that can be read in two ways nobody knows what it does.
            RequestedModel::Ambiguous => caller.is_restricted() || may_hold_object(message),
            RequestedModel::Named(_) | RequestedModel::Missing | RequestedModel::NotNeeded => {
                scanner
                    .kind()
                    .is_some_and(|kind| GENERATING.contains(&kind.trim()))
            }
        };
        if !generates {
            state.owed.complaint();
            return Ok(None);
        }
        if self.gateway.0.stop.is_cancelled() || state.owed.turns() >= MOST_TURNS {
            return Err(GatewayError::Overloaded {
                retry_after: RECOVERY,
            });
        }
        let model = match (model, &state.last_model) {
            (RequestedModel::Missing, Some(_)) if state.is_mixed => RequestedModel::Ambiguous,
            (RequestedModel::Missing, Some(last)) => RequestedModel::Named(last.clone()),
            (model, _) => model,
        };
        Ok(Some((caller, model)))
    }

    fn open(&self, admission: Admission, record: RequestRecord) {
        let mut state = self.lock();
        // A model that was refused is unknown to the engine, and is not gone on with.
        let last = state.last_model.take();
        state.is_mixed |= last.is_some() && record.model.is_some() && last != record.model;
        state.last_model = record.model.clone().or(last);
        let in_flight = self.gateway.0.in_flight.token();
        let span = self.span.turn(&self.gateway.0.traces, &record);
        let mut receipt = Receipt::new(admission.permit, record, true, in_flight, span);
        receipt.expect(admission.expected);
        state.owed.turn(receipt);
    }

    async fn record_refusal(&self, caller: &Caller, fault: &GatewayError, record: RequestRecord) {
        let is_recorded = caller.account().may_record_refusal();
        let span = self.span.turn(&self.gateway.0.traces, &record);
        if is_recorded && let Ok(permit) = self.gateway.0.recorder.permit().await {
            let in_flight = self.gateway.0.in_flight.token();
            Receipt::new(permit, record, true, in_flight, span)
                .end(RequestEnd::Refused(fault.code()));
        } else {
            span.end(&refused(record, fault));
        }
    }

    /// Looks at a message of the engine. When it ended a turn, the receipt is returned, to be settled
    /// once the message was delivered.
    pub(super) fn observe(&self, message: &[u8]) -> Option<Receipt> {
        let mut state = self.lock();
        let seen = state.tap.observe_event(message);
        let is_error = seen.as_ref().is_some_and(|seen| !seen.ended);
        if is_error && state.owed.take_complaint() {
            return None;
        }
        state.owed.current()?.first_byte();
        let seen = seen?;
        let mut receipt = state.owed.next_turn()?;
        receipt.observed(seen);
        Some(receipt)
    }

    /// Whether the engine still owes an answer.
    pub(super) fn is_open(&self) -> bool {
        self.lock().owed.turns() > 0
    }

    /// The client has left: what is under way no longer counts among its requests at once.
    pub(super) fn client_left(&self) {
        self.lock().owed.client_left();
    }

    /// Ends what is still under way.
    pub(super) fn end(&self, end: RequestEnd) {
        let mut state = self.lock();
        let mut seen = Some(std::mem::take(&mut state.tap).finish());
        while let Some(mut receipt) = state.owed.next_turn() {
            if let Some(seen) = seen.take() {
                receipt.observed(seen);
            }
            receipt.end(end);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether anybody may find an object in a message: the engine looks for the first bracket of any kind,
/// whatever stands before it.
fn may_hold_object(message: &[u8]) -> bool {
    let first = memchr2(b'{', b'[', message).and_then(|index| message.get(index));
    first == Some(&b'{')
}

impl State {
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
