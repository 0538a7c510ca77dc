//! A request that still arrives: should its client leave meanwhile, that is recorded.

use super::{
    Gateway,
    admit::Admission,
    body::Upload,
    dialect::Fault,
    meter::{End, Receipt},
    model::{Asked, ReadFault},
    serve::Pass,
    trace::RequestSpan,
};
use crate::domain::requests::RequestRecord;

/// Dropped before the request has arrived, it is recorded that the client is gone.
#[derive(Debug)]
pub(super) struct Arrival {
    gateway: Gateway,
    record: Option<RequestRecord>,
    span: RequestSpan,
}

impl Arrival {
    pub(super) fn new(gateway: &Gateway, record: RequestRecord, span: RequestSpan) -> Self {
        Self {
            gateway: gateway.clone(),
            record: Some(record),
            span,
        }
    }

    /// Waits until enough has arrived to let the request in, or to refuse it, and gives the record back.
    /// `None` when the client left.
    pub(super) async fn admitted(
        mut self,
        pass: &Pass,
        reading: impl Future<Output = Result<(Asked, Upload), ReadFault>>,
    ) -> Option<(Result<(Upload, Admission), Fault>, RequestRecord)> {
        let result = match reading.await {
            Ok((asked, upload)) => {
                let record = self.record.as_mut()?;
                let admission = pass.admit(&asked, record).await;
                admission.map(|admission| (upload, admission))
            }
            Err(ReadFault::Refused(fault)) => Err(fault),
            Err(ReadFault::ClientGone) => return None,
        };
        Some((result, self.record.take()?))
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let Some(record) = self.record.take() else {
            return;
        };
        let (gateway, span) = (self.gateway.clone(), self.span.clone());
        let end = if gateway.0.deadline.is_cancelled() {
            End::Interrupted("stopping")
        } else {
            End::ClientGone
        };
        let recording = async move {
            let Ok(place) = gateway.0.recorder.place().await else {
                return;
            };
            let in_flight = gateway.0.in_flight.token();
            // Nothing was sent on, so there is nothing to meter.
            Receipt::new(place, record, false, in_flight, span).end(end);
        };
        self.gateway.0.tasks.spawn(recording);
    }
}
