//! The turns of a Responses WebSocket, each with its own usage.

use crate::protocols::Protocol;

use super::Observation;
use super::answer_reader::AnswerReader;
use crate::json::Walker;

/// Reads the engine's messages, turn after turn.
#[derive(Debug)]
pub struct TurnTap {
    walker: Walker,
    reader: AnswerReader,
    /// Of the current turn.
    bytes: u64,
}

impl Default for TurnTap {
    fn default() -> Self {
        Self {
            walker: Walker::default(),
            reader: AnswerReader::new(Protocol::OpenaiResponses),
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

    /// Ends the message. Returns the observation of the turn if the message ended it, by the end of the answer or an error.
    pub fn end_event(&mut self) -> Option<Observation> {
        self.walker.restart();
        let seen = self.reader.observation();
        (seen.ended || seen.error_code.is_some()).then(|| self.take())
    }

    /// Reads a whole message. Returns the observation of the turn if the message ended it.
    pub fn observe_event(&mut self, message: &[u8]) -> Option<Observation> {
        self.observe(message);
        self.end_event()
    }

    /// The observation of an incomplete turn.
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
