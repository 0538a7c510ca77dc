//! Conditions under which no request is served: the engine, and the recording of requests.

use entity::alert::{AlertDetail, AlertKind, AlertSeverity};

use crate::{
    domain::{
        alerts::{AlertCondition, AlertSubject},
        requests::WriterState,
    },
    engine::{EngineState, EngineStatus},
};

/// The engine, unless it runs or starts for the first time.
pub(super) fn engine(status: &EngineStatus) -> Vec<AlertCondition> {
    let severity = match status.state {
        EngineState::Running => return Vec::new(),
        EngineState::Starting if status.last_error.is_none() => return Vec::new(),
        EngineState::Starting | EngineState::BackingOff => AlertSeverity::Warning,
        EngineState::Stopped | EngineState::Failed => AlertSeverity::Critical,
    };
    let detail = AlertDetail {
        reason: status.last_error.clone(),
        ..AlertDetail::default()
    };
    vec![AlertCondition::new(
        AlertKind::EngineDown,
        severity,
        AlertSubject::engine(),
        detail,
    )]
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineMode;

    fn found(state: EngineState, last_error: Option<&str>) -> Vec<AlertCondition> {
        engine(&EngineStatus {
            mode: EngineMode::Managed,
            state,
            version: None,
            pid: None,
            started_at: None,
            restarts: 0,
            last_error: last_error.map(str::to_owned),
            notice: None,
        })
    }

    #[test]
    fn an_engine_that_starts_is_a_condition_only_after_an_error() {
        assert!(found(EngineState::Running, None).is_empty());
        assert!(found(EngineState::Starting, None).is_empty());
        assert_eq!(found(EngineState::Starting, Some("exit code 1")).len(), 1);
        assert_eq!(found(EngineState::Stopped, None).len(), 1);
    }
}
