//! A request that still arrives: should its client leave meanwhile, that is recorded.

use std::sync::Arc;

use super::{
    Gateway,
    admission::{Admission, StartedRequest},
    body::Upload,
    dialect::GatewayError,
    meter::{Receipt, RequestEnd},
    model::{ModelRequest, ReadError},
    serve::RequestContext,
    trace::RequestSpan,
};
use crate::domain::{api_keys::Caller, requests::RequestRecord};

/// Dropped before the request has arrived, it is recorded that the client is gone.
#[derive(Debug)]
pub(super) struct PendingAdmission {
    gateway: Gateway,
    caller: Arc<Caller>,
    record: Option<RequestRecord>,
    span: RequestSpan,
}

impl PendingAdmission {
    pub(super) fn new(pass: &RequestContext, record: RequestRecord) -> Self {
        Self {
            gateway: pass.gateway.clone(),
            caller: Arc::clone(&pass.caller),
            record: Some(record),
            span: pass.span.clone(),
        }
    }

    /// Waits until enough has arrived to let the request in, or to refuse it, and gives the record back.
    /// `None` when the client left. What the request took when it started is given back, if it is our memory
    /// that is full; a body that is broken off, or is no request, has cost one of those a minute.
    pub(super) async fn admitted(
        mut self,
        pass: &RequestContext,
        started: StartedRequest,
        reading: impl Future<Output = Result<(ModelRequest, Upload), ReadError>>,
    ) -> Option<(Result<(Upload, Admission), GatewayError>, RequestRecord)> {
        let result = match reading.await {
            Ok((asked, upload)) => {
                let record = self.record.as_mut()?;
                let read = upload.held_bytes();
                let admission = pass.admit(started, &asked, read, record).await;
                admission.map(|admission| (upload, admission))
            }
            Err(ReadError::Refused(fault)) => {
                if matches!(fault, GatewayError::Overloaded { .. }) {
                    started.slot.refund();
                }
                Err(fault)
            }
            Err(ReadError::ClientGone) => return None,
        };
        Some((result, self.record.take()?))
    }
}

impl Drop for PendingAdmission {
    fn drop(&mut self) {
        let Some(record) = self.record.take() else {
            return;
        };
        let (gateway, span) = (self.gateway.clone(), self.span.clone());
        if !self.caller.account().may_record_refusal() {
            // Like refusals: who breaks off again and again must not fill the database.
            span.end(&record);
            return;
        }
        let end = if gateway.0.deadline.is_cancelled() {
            RequestEnd::Interrupted("stopping")
        } else {
            RequestEnd::ClientGone
        };
        let recording = async move {
            let Ok(permit) = gateway.0.recorder.permit().await else {
                return;
            };
            let in_flight = gateway.0.in_flight.token();
            // Nothing was sent on, so there is nothing to meter.
            Receipt::new(permit, record, false, in_flight, span).end(end);
        };
        self.gateway.0.tasks.spawn(recording);
    }
}
