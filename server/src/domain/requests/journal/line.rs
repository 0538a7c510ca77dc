//! The lines of the files.

use std::{cell::Cell, mem, ops::Deref};

use serde::Serialize;
use uuid::Uuid;

use crate::domain::requests::RequestRecord;

/// A usual length, in bytes.
const USUAL_BYTES: usize = 1024;
/// The longest line whose memory is kept, in bytes.
const MAX_SPARE_BYTES: usize = 8 * 1024;

thread_local! {
    /// The memory of the last line that this thread wrote, for the next one.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A line of the file.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<Record> {
    Request(Record),
    Void(Uuid),
}

/// A serialized line.
#[derive(Debug)]
pub(in crate::domain::requests) struct LineText(Vec<u8>);

impl LineText {
    /// The current state of a request.
    pub(in crate::domain::requests) fn of_record(record: &RequestRecord) -> Self {
        Self::of(&Line::Request(record))
    }

    /// The request was not forwarded.
    pub(super) fn of_void(id: Uuid) -> Self {
        Self::of(&Line::<()>::Void(id))
    }

    /// Records serialize without errors: they have no maps with other keys than strings and no NaN.
    fn of<Record: Serialize>(line: &Line<Record>) -> Self {
        let mut text = SPARE.try_with(Cell::take).unwrap_or_default();
        text.clear();
        text.reserve(USUAL_BYTES);
        if serde_json::to_writer(&mut text, line).is_err() {
            text.clear();
        }
        text.push(b'\n');
        Self(text)
    }

    pub(super) fn into_vec(mut self) -> Vec<u8> {
        mem::take(&mut self.0)
    }
}

impl Deref for LineText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for LineText {
    fn drop(&mut self) {
        if self.0.capacity() <= MAX_SPARE_BYTES {
            let text = mem::take(&mut self.0);
            // An error means that the thread is ending.
            let _ = SPARE.try_with(|spare| spare.set(text));
        }
    }
}
