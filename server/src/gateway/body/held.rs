//! The beginning of a body, held back while it is read for its model.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::gateway::dialect::Fault;

/// When to try again while the memory is full.
const RECOVERY: Duration = Duration::from_secs(1);

/// The pieces, as they came.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Held {
    pieces: VecDeque<Piece>,
    bytes: u64,
}

/// One piece, and its share of the memory that all requests have together: given back when it leaves.
#[derive(Debug)]
struct Piece {
    data: Bytes,
    _memory: Option<OwnedSemaphorePermit>,
}

impl Held {
    /// Holds one more piece. The memory is counted in KiB.
    pub(in crate::gateway) fn push(
        &mut self,
        memory: &Arc<Semaphore>,
        data: Bytes,
        limit: u64,
    ) -> Result<(), Fault> {
        let bytes = self.bytes + data.len() as u64;
        if bytes > limit {
            return Err(Fault::BodyTooLarge { limit });
        }
        // What comes in one piece with the model costs nothing extra: it is in the connection's buffer.
        let memory = if self.pieces.is_empty() {
            None
        } else {
            Some(take(memory, data.len())?)
        };
        self.bytes = bytes;
        self.pieces.push_back(Piece {
            data,
            _memory: memory,
        });
        Ok(())
    }

    /// Lets the first piece go.
    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let Piece { data, .. } = self.pieces.pop_front()?;
        self.bytes -= data.len() as u64;
        Some(data)
    }

    /// What is still held.
    pub(in crate::gateway) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

/// Takes a share of the memory that all requests have together.
pub(in crate::gateway) fn take(
    memory: &Arc<Semaphore>,
    bytes: usize,
) -> Result<OwnedSemaphorePermit, Fault> {
    let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX);
    let permit = Arc::clone(memory).try_acquire_many_owned(kib);
    permit.map_err(|_| Fault::Overloaded {
        retry_after: RECOVERY,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 10_000;

    fn piece(bytes: usize) -> Bytes {
        vec![b'x'; bytes].into()
    }

    #[test]
    fn each_piece_gives_its_memory_back_when_it_leaves() {
        let memory = Arc::new(Semaphore::new(8));
        let mut held = Held::default();

        for bytes in [3000, 2000, 1000] {
            held.push(&memory, piece(bytes), LIMIT).unwrap();
        }

        assert_eq!((held.bytes(), memory.available_permits()), (6000, 5));
        let mut after = Vec::new();
        while let Some(data) = held.pop() {
            after.push((data.len(), held.bytes(), memory.available_permits()));
        }
        assert_eq!(after, [(3000, 3000, 5), (2000, 1000, 7), (1000, 0, 8)]);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_takes_no_memory() {
        let memory = Arc::new(Semaphore::new(2));
        let mut held = Held::default();
        held.push(&memory, piece(9000), LIMIT).unwrap();

        let too_much = held.push(&memory, piece(1001), LIMIT);
        held.push(&memory, piece(500), LIMIT).unwrap();
        held.push(&memory, piece(1), LIMIT).unwrap();
        let full = held.push(&memory, piece(1), LIMIT);

        assert_eq!(too_much, Err(Fault::BodyTooLarge { limit: LIMIT }));
        assert!(matches!(full, Err(Fault::Overloaded { .. })));
        assert_eq!((held.bytes(), memory.available_permits()), (9501, 0));
    }
}
