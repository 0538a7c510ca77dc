//! Opens the receipts of requests, and records those that end before they are admitted.

use std::{sync::Arc, time::Duration};

use entity::request::Outcome;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{
    context::RequestContext,
    dialect::{ErrorRecipient, GatewayError},
    error_message::ErrorMessages,
    meter::{Receipt, RequestEnd},
    trace::RequestSpan,
};
use crate::domain::{
    Error,
    ledger::Reservation,
    requests::{RecordPermit, Recorder, RequestRecord},
    shares::ShareHold,
    users::api_keys::Caller,
};
use crate::in_flight::InFlight;

/// When to try again while requests cannot be recorded.
const RECOVERY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Receipts {
    recorder: Recorder,
    messages: Arc<ErrorMessages>,
    /// Counts the requests that are open.
    in_flight: InFlight,
    tasks: TaskTracker,
    /// Cancelled when the server ends what still runs.
    deadline: CancellationToken,
}

impl Receipts {
    pub(super) fn new(
        recorder: Recorder,
        messages: Arc<ErrorMessages>,
        in_flight: InFlight,
        tasks: TaskTracker,
        deadline: CancellationToken,
    ) -> Self {
        Self {
            recorder,
            messages,
            in_flight,
            tasks,
            deadline,
        }
    }

    /// Takes a permit for a request that is not forwarded.
    pub(super) async fn permit(&self, id: Uuid) -> Result<RecordPermit, GatewayError> {
        let permit = self.recorder.permit().await;
        permit.map_err(|error| unrecordable(&error, id))
    }

    /// Takes a permit for a request that is about to be forwarded, and journals it: a request that cannot be recorded is
    /// not forwarded.
    pub(super) async fn begin(
        &self,
        record: &RequestRecord,
        reserved: (Reservation, Option<ShareHold>),
    ) -> Result<RecordPermit, GatewayError> {
        let permit = self.recorder.begin(record, reserved).await;
        permit.map_err(|error| unrecordable(&error, record.id))
    }

    pub(super) fn open(
        &self,
        permit: RecordPermit,
        record: RequestRecord,
        is_metered: bool,
        span: RequestSpan,
    ) -> Receipt {
        let (messages, in_flight) = (Arc::clone(&self.messages), self.in_flight.token());
        Receipt::new(permit, record, is_metered, (messages, in_flight), span)
    }

    /// Records a refusal, unless the caller has had too many of them lately or the database is unavailable.
    pub(super) async fn refuse(
        &self,
        caller: &Caller,
        (error, recipient): (&GatewayError, ErrorRecipient),
        record: RequestRecord,
        span: RequestSpan,
    ) {
        let is_recorded = caller.account().may_record_refusal();
        if is_recorded && let Ok(permit) = self.recorder.permit().await {
            let mut receipt = self.open(permit, record, false, span);
            receipt.answer_with(error, recipient);
            receipt.end(RequestEnd::Refused(error.code()));
            return;
        }
        span.end(&RequestRecord {
            outcome: Outcome::Rejected,
            error_code: Some(error.code().to_owned()),
            tokens: None,
            ..record
        });
    }

    /// Records in a task of its own that a client left before its request was admitted.
    pub(super) fn abandon(
        self: Arc<Self>,
        caller: &Caller,
        record: RequestRecord,
        span: RequestSpan,
    ) {
        if !caller.account().may_record_refusal() {
            // As with refusals: a client that aborts again and again must not fill the database.
            span.end(&record);
            return;
        }
        let end = if self.deadline.is_cancelled() {
            RequestEnd::Interrupted("stopping")
        } else {
            RequestEnd::ClientGone
        };
        self.tasks.clone().spawn(async move {
            if let Ok(permit) = self.recorder.permit().await {
                // Nothing was forwarded, so there is nothing to meter.
                self.open(permit, record, false, span).end(end);
            }
        });
    }
}

fn unrecordable(error: &Error, id: Uuid) -> GatewayError {
    // The cause is logged where it occurs, once; this would be a line for each request.
    tracing::debug!(request.id = %id, %error, "a request is refused because it could not be recorded");
    GatewayError::Overloaded {
        retry_after: RECOVERY,
    }
}

/// The record of a request that is not admitted yet. When it is dropped, the client has left, and that is recorded.
#[derive(Debug)]
pub(super) struct PendingAdmission {
    receipts: Arc<Receipts>,
    context: Arc<RequestContext>,
    /// `None` once the record was taken.
    record: Option<RequestRecord>,
}

impl PendingAdmission {
    pub(super) fn new(
        receipts: Arc<Receipts>,
        context: Arc<RequestContext>,
        record: RequestRecord,
    ) -> Self {
        Self {
            receipts,
            context,
            record: Some(record),
        }
    }

    pub(super) fn record(&mut self) -> Option<&mut RequestRecord> {
        self.record.as_mut()
    }

    /// Takes the record: from now on the caller is responsible for it.
    pub(super) fn into_record(mut self) -> Option<RequestRecord> {
        self.record.take()
    }

    /// Records that the request was refused.
    pub(super) async fn refuse(mut self, error: GatewayError) -> GatewayError {
        if let Some(record) = self.record.take() {
            let RequestContext {
                caller,
                recipient,
                span,
                ..
            } = &*self.context;
            let record = RequestRecord {
                http_status: Some(recipient.status(&error).as_u16()),
                ..record
            };
            let receipts = &self.receipts;
            let sent = (&error, *recipient);
            receipts.refuse(caller, sent, record, span.clone()).await;
        }
        error
    }
}

impl Drop for PendingAdmission {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            let RequestContext { caller, span, .. } = &*self.context;
            Arc::clone(&self.receipts).abandon(caller, record, span.clone());
        }
    }
}
