//! The recording of requests, without which none is served.

use entity::alert::{AlertDetail, AlertKind, AlertSeverity};

use crate::domain::{
    alerts::{AlertCondition, AlertSubject},
    requests::WriterState,
};

/// The journal or the database, when requests are rejected because they could not be recorded.
pub(super) fn recording(state: &WriterState) -> Vec<AlertCondition> {
    let reason = if state.is_journal_failing() {
        "the journal cannot be written"
    } else if state.is_failing() {
        "the database cannot be written"
    } else {
        return Vec::new();
    };
    let detail = AlertDetail {
        reason: Some(reason.to_owned()),
        ..AlertDetail::default()
    };
    vec![AlertCondition::new(
        AlertKind::RecordingFailing,
        AlertSeverity::Critical,
        AlertSubject::server(),
        detail,
    )]
}
