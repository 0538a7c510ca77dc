//! What the engine still owes an answer. It works on one message after the other, and complains about
//! each that is no turn: such a complaint must not be taken for the end of a turn.

use std::collections::VecDeque;

use crate::gateway::meter::Receipt;

/// The answers that are due, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct PendingAnswers(VecDeque<PendingAnswer>);

#[derive(Debug)]
enum PendingAnswer {
    Turn(Box<Receipt>),
    /// To so many messages in a row that are no turns; some are passed over in silence.
    Complaints(u64),
}

impl PendingAnswers {
    /// A turn was asked for.
    pub(super) fn turn(&mut self, receipt: Receipt) {
        self.0.push_back(PendingAnswer::Turn(Box::new(receipt)));
    }

    /// A message went to the engine that is no turn.
    pub(super) fn complaint(&mut self) {
        match self.0.back_mut() {
            Some(PendingAnswer::Complaints(count)) => *count = count.saturating_add(1),
            Some(PendingAnswer::Turn(_)) | None => self.0.push_back(PendingAnswer::Complaints(1)),
        }
    }

    /// How many turns are under way.
    pub(super) fn turns(&self) -> usize {
        let is_turn = |answer: &&PendingAnswer| matches!(answer, PendingAnswer::Turn(_));
        self.0.iter().filter(is_turn).count()
    }

    /// The client has left.
    pub(super) fn client_left(&mut self) {
        for answer in &mut self.0 {
            if let PendingAnswer::Turn(receipt) = answer {
                receipt.client_left();
            }
        }
    }

    /// The engine complained. Says whether that may be about a message that is no turn.
    pub(super) fn take_complaint(&mut self) -> bool {
        let Some(PendingAnswer::Complaints(count)) = self.0.front_mut() else {
            return false;
        };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.0.pop_front();
        }
        true
    }

    /// The turn that the engine works on, now that it works: about what came before it says no more.
    pub(super) fn current(&mut self) -> Option<&mut Receipt> {
        self.0
            .pop_front_if(|answer| matches!(answer, PendingAnswer::Complaints(_)));
        match self.0.front_mut()? {
            PendingAnswer::Turn(receipt) => Some(receipt),
            PendingAnswer::Complaints(_) => None,
        }
    }

    /// The first of the turns ended.
    pub(super) fn next_turn(&mut self) -> Option<Receipt> {
        while let Some(answer) = self.0.pop_front() {
            if let PendingAnswer::Turn(receipt) = answer {
                return Some(*receipt);
            }
        }
        None
    }
}
