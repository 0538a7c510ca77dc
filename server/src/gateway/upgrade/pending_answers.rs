//! The messages that the engine has not answered yet. It processes them in order, and answers those that are not turns with an
//! error, which must not be mistaken for the end of a turn.

use std::collections::VecDeque;

use crate::gateway::meter::Receipt;

/// In the order of their messages.
#[derive(Debug, Default)]
pub(super) struct PendingAnswers(VecDeque<PendingAnswer>);

#[derive(Debug)]
enum PendingAnswer {
    Turn(Box<Receipt>),
    /// Errors about at most this many messages in a row that are not turns; the engine ignores some of them.
    Errors(u64),
}

impl PendingAnswers {
    pub(super) fn push_turn(&mut self, receipt: Receipt) {
        self.0.push_back(PendingAnswer::Turn(Box::new(receipt)));
    }

    /// A message was sent to the engine that is not a turn.
    pub(super) fn push_other(&mut self) {
        match self.0.back_mut() {
            Some(PendingAnswer::Errors(count)) => *count = count.saturating_add(1),
            Some(PendingAnswer::Turn(_)) | None => self.0.push_back(PendingAnswer::Errors(1)),
        }
    }

    /// The number of turns in flight.
    pub(super) fn turns(&self) -> usize {
        let is_turn = |answer: &&PendingAnswer| matches!(answer, PendingAnswer::Turn(_));
        self.0.iter().filter(is_turn).count()
    }

    pub(super) fn client_left(&mut self) {
        for answer in &mut self.0 {
            if let PendingAnswer::Turn(receipt) = answer {
                receipt.client_left();
            }
        }
    }

    /// The engine sent an error. Returns whether it may be about a message that is not a turn.
    pub(super) fn take_error(&mut self) -> bool {
        let Some(PendingAnswer::Errors(count)) = self.0.front_mut() else {
            return false;
        };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.0.pop_front();
        }
        true
    }

    /// The turn that the engine is answering. It has processed all messages before it.
    pub(super) fn current(&mut self) -> Option<&mut Receipt> {
        self.0
            .pop_front_if(|answer| matches!(answer, PendingAnswer::Errors(_)));
        match self.0.front_mut()? {
            PendingAnswer::Turn(receipt) => Some(receipt),
            PendingAnswer::Errors(_) => None,
        }
    }

    /// The turn that has ended.
    pub(super) fn next_turn(&mut self) -> Option<Receipt> {
        while let Some(answer) = self.0.pop_front() {
            if let PendingAnswer::Turn(receipt) = answer {
                return Some(*receipt);
            }
        }
        None
    }
}
