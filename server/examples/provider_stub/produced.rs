//! The list of the usage that this provider reported, to compare with the metering.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use canned::TokenCounts;
use serde::Serialize;

use crate::script::Script;

/// One response.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Produced {
    pub(crate) sequence: usize,
    pub(crate) tag: Option<String>,
    pub(crate) protocol: &'static str,
    pub(crate) model: String,
    pub(crate) streamed: bool,
    pub(crate) status: u16,
    /// As the protocol reports it; absent if the response is an error.
    pub(crate) tokens: Option<TokenCounts>,
    pub(crate) events_sent: usize,
    /// False if the caller disconnected or the script truncated the response.
    pub(crate) finished: bool,
    /// The names of the engine's headers; values may be secret.
    pub(crate) header_names: Vec<String>,
}

/// All responses since the start, shared by the handlers.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProducedList(Arc<Mutex<Vec<Produced>>>);

/// Write access to one entry of the list.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    list: ProducedList,
    pub(crate) sequence: usize,
}

impl ProducedList {
    /// Adds an entry for a parsed request.
    pub(crate) fn open(&self, mut produced: Produced, script: &Script) -> Entry {
        let mut list = self.lock();
        produced.sequence = list.last().map_or(1, |last| last.sequence + 1);
        produced.tag.clone_from(&script.tag);
        let sequence = produced.sequence;
        list.push(produced);
        Entry {
            list: self.clone(),
            sequence,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Produced>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Counts a sent event.
    pub(crate) fn sent(&self) {
        self.change(|produced| produced.events_sent += 1);
    }

    /// The answer is complete.
    pub(crate) fn finish(&self) {
        self.change(|produced| produced.finished = true);
    }

    /// The answer is an error of this status.
    pub(crate) fn fail(&self, status: StatusCode) {
        self.change(|produced| {
            produced.status = status.as_u16();
            produced.tokens = None;
            produced.finished = true;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Produced)) {
        let mut list = self.list.lock();
        if let Some(produced) = list.iter_mut().find(|one| one.sequence == self.sequence) {
            change(produced);
        }
    }
}

/// `GET /produced`: one JSON object per line, oldest first.
pub(crate) async fn list(State(list): State<ProducedList>) -> impl IntoResponse {
    list.lock()
        .iter()
        .filter_map(|produced| serde_json::to_string(produced).ok())
        .fold(String::new(), |lines, line| lines + &line + "\n")
}

/// `DELETE /produced`: forget.
pub(crate) async fn clear(State(list): State<ProducedList>) -> StatusCode {
    list.lock().clear();
    StatusCode::NO_CONTENT
}
