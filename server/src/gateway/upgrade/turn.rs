//! The turns of one socket: which are under way, and what each used.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use crate::{
    clock::SharedClock,
    domain::{api_keys::Caller, ledger::OpenSocket, requests::RequestRecord},
    gateway::{
        Gateway,
        admit::{self, Admission, Applicant},
        dialect::{Dialect, Fault},
        meter::{End, Receipt, scanner::ModelScanner, tap::TurnTap},
        model::{Asked, Model},
        serve::Pass,
    },
};

/// Messages that make the engine generate.
const GENERATING: [&str; 2] = ["response.create", "response.append"];
/// Turns under way on one socket, at most.
const MOST_TURNS: usize = 32;

/// The turns of one socket, shared by its two directions.
pub(super) struct Turns {
    gateway: Gateway,
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
    open: VecDeque<Receipt>,
    tap: TurnTap,
}

impl Turns {
    pub(super) fn new(pass: &Pass, record: RequestRecord, socket: OpenSocket) -> Self {
        Self {
            gateway: pass.gateway.clone(),
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
                open: VecDeque::new(),
                tap: TurnTap::default(),
            }),
        }
    }

    /// Looks at a message of the client: one that generates must be admitted.
    pub(super) async fn begin(&self, message: &[u8]) -> Result<(), Fault> {
        let mut scanner = ModelScanner::for_message();
        scanner.observe(message);
        let model = Model::from(scanner.finish());
        let Some((caller, model)) = self.asked(scanner.kind(), model)? else {
            return Ok(());
        };
        let asked = Asked {
            model,
            bound: scanner.bound(),
            body_bytes: Some(message.len() as u64),
        };
        let mut record = self.lock().next_record(&asked.model, &self.gateway.0.clock);
        let applicant = Applicant {
            caller: &caller,
            dialect: Dialect::OpenAi,
            is_metered: true,
        };
        match admit::admit(&self.gateway.0, applicant, &asked, &mut record).await {
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
        kind: Option<&str>,
        model: Model,
    ) -> Result<Option<(Arc<Caller>, Model)>, Fault> {
        let mut state = self.lock();
        let caller = self
            .gateway
            .0
            .keys
            .renew(&state.caller)
            .ok_or(Fault::Revoked)?;
        state.caller = Arc::clone(&caller);
        // Of a message that can be read in two ways nobody knows what it does.
        let is_clear = model != Model::Ambiguous;
        if is_clear && !kind.is_some_and(|kind| GENERATING.contains(&kind)) {
            return Ok(None);
        }
        if state.open.len() >= MOST_TURNS {
            return Err(Fault::Overloaded {
                retry_after: std::time::Duration::from_secs(1),
            });
        }
        let model = match (model, &state.last_model) {
            (Model::Missing, Some(last)) => Model::Named(last.clone()),
            (model, _) => model,
        };
        Ok(Some((caller, model)))
    }

    fn open(&self, admission: Admission, record: RequestRecord) {
        let mut state = self.lock();
        // A model that was refused is unknown to the engine, and is not gone on with.
        state.last_model = record.model.clone().or(state.last_model.take());
        let in_flight = self.gateway.0.in_flight.token();
        let receipt = Receipt::new(admission.place, record, true, in_flight);
        state.open.push_back(receipt);
    }

    async fn record_refusal(&self, caller: &Caller, fault: &Fault, record: RequestRecord) {
        let is_recorded = caller.account().may_record_refusal();
        if is_recorded && let Ok(place) = self.gateway.0.recorder.place().await {
            let in_flight = self.gateway.0.in_flight.token();
            Receipt::new(place, record, true, in_flight).end(End::Refused(fault.code()));
        }
    }

    /// Looks at a message of the engine. When it ended a turn, the receipt is returned, to be settled
    /// once the message was delivered.
    pub(super) fn observe(&self, message: &[u8]) -> Option<Receipt> {
        let mut state = self.lock();
        if let Some(receipt) = state.open.front_mut() {
            receipt.first_byte();
        }
        let seen = state.tap.observe_event(message)?;
        let mut receipt = state.open.pop_front()?;
        receipt.observed(seen);
        Some(receipt)
    }

    /// Whether the engine still owes an answer.
    pub(super) fn is_open(&self) -> bool {
        !self.lock().open.is_empty()
    }

    /// Ends what is still under way.
    pub(super) fn end(&self, end: End) {
        let mut state = self.lock();
        if let Some(mut front) = state.open.pop_front() {
            let seen = std::mem::take(&mut state.tap).finish();
            front.observed(seen);
            front.end(end);
        }
        for mut receipt in state.open.drain(..) {
            receipt.end(end);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_record(&mut self, model: &Model, clock: &SharedClock) -> RequestRecord {
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
