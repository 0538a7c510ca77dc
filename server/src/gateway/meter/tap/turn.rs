//! The turns of a Responses WebSocket: each ends with its own usage.

use entity::request::Protocol;

use super::super::json::Walker;
use super::Observation;
use super::reader::Reader;

/// Reads the messages that come from the engine, turn after turn.
#[derive(Debug)]
pub(in crate::gateway) struct TurnTap {
    walker: Walker,
    reader: Reader,
}

impl Default for TurnTap {
    fn default() -> Self {
        Self {
            walker: Walker::default(),
            reader: Reader::new(Protocol::OpenaiResponses),
        }
    }
}

impl TurnTap {
    /// Reads a part of a message.
    pub(in crate::gateway) fn observe(&mut self, bytes: &[u8]) {
        self.walker.feed(bytes, &mut self.reader);
    }

    /// The message is complete. Gives what was learnt of the turn, if the message ended it: with the
    /// answer's end, or with an error.
    pub(in crate::gateway) fn end_event(&mut self) -> Option<Observation> {
        self.walker.restart();
        let seen = self.reader.observation();
        (seen.ended || seen.error_code.is_some()).then(|| self.reader.take())
    }

    /// Reads a whole message; gives what was learnt of the turn, if the message ended it.
    pub(in crate::gateway) fn observe_event(&mut self, message: &[u8]) -> Option<Observation> {
        self.observe(message);
        self.end_event()
    }

    /// What was learnt of a turn that was cut short.
    pub(in crate::gateway) fn finish(mut self) -> Observation {
        self.reader.take()
    }
}
