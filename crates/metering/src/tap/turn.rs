//! The turns of a Responses WebSocket: each ends with its own usage.

use crate::Protocol;

use super::Observation;
use super::reader::Reader;
use crate::json::Walker;

/// Reads the messages that come from the engine, turn after turn.
#[derive(Debug)]
pub struct TurnTap {
    walker: Walker,
    reader: Reader,
    /// Of the turn, so far.
    bytes: u64,
}

impl Default for TurnTap {
    fn default() -> Self {
        Self {
            walker: Walker::default(),
            reader: Reader::new(Protocol::OpenaiResponses),
            bytes: 0,
        }
    }
}

impl TurnTap {
    /// Reads a part of a message.
    pub fn observe(&mut self, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        self.walker.feed(bytes, &mut self.reader);
    }

    /// The message is complete. Gives what was learnt of the turn, if the message ended it: with the
    /// answer's end, or with an error.
    pub fn end_event(&mut self) -> Option<Observation> {
        self.walker.restart();
        let seen = self.reader.observation();
        (seen.ended || seen.error_code.is_some()).then(|| self.take())
    }

    /// Reads a whole message; gives what was learnt of the turn, if the message ended it.
    pub fn observe_event(&mut self, message: &[u8]) -> Option<Observation> {
        self.observe(message);
        self.end_event()
    }

    /// What was learnt of a turn that was cut short.
    pub fn finish(mut self) -> Observation {
        self.take()
    }

    fn take(&mut self) -> Observation {
        Observation {
            body_bytes: std::mem::take(&mut self.bytes),
            ..self.reader.take()
        }
    }
}
