//! The beginning of a body, held back while it is read for its model.

use std::collections::VecDeque;

use axum::body::Bytes;

use crate::gateway::{
    dialect::GatewayError,
    memory::{MemoryPermit, UserMemory},
};

/// The pieces, as they came.
#[derive(Debug, Default)]
pub(in crate::gateway) struct BufferedBody {
    pieces: VecDeque<Piece>,
    bytes: u64,
}

/// One piece, and its part of the memory that its user may hold: given back when it leaves.
#[derive(Debug)]
struct Piece {
    data: Bytes,
    _memory: Option<MemoryPermit>,
}

impl BufferedBody {
    /// Holds one more piece.
    pub(in crate::gateway) fn push(
        &mut self,
        memory: &UserMemory,
        data: Bytes,
        limit: u64,
    ) -> Result<(), GatewayError> {
        let bytes = self.bytes + data.len() as u64;
        if bytes > limit {
            return Err(GatewayError::BodyTooLarge { limit });
        }
        // What comes in one piece with the model costs nothing extra: it is in the connection's buffer.
        let memory = if self.pieces.is_empty() {
            None
        } else {
            Some(memory.take(data.len())?)
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::gateway::memory::Memory;

    const LIMIT: u64 = 10_000;

    fn piece(bytes: usize) -> Bytes {
        vec![b'x'; bytes].into()
    }

    #[test]
    fn each_piece_gives_its_memory_back_when_it_leaves() {
        let memory = Memory::with_kib(8);
        let mine = memory.of(Uuid::nil(), LIMIT);
        let mut held = BufferedBody::default();

        for bytes in [3000, 2000, 1000] {
            held.push(&mine, piece(bytes), LIMIT).unwrap();
        }

        assert_eq!((held.bytes(), memory.free_kib()), (6000, 5));
        let mut after = Vec::new();
        while let Some(data) = held.pop() {
            after.push((data.len(), held.bytes(), memory.free_kib()));
        }
        assert_eq!(after, [(3000, 3000, 5), (2000, 1000, 7), (1000, 0, 8)]);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_takes_no_memory() {
        let memory = Memory::with_kib(2);
        let mine = memory.of(Uuid::nil(), 2000);
        let mut held = BufferedBody::default();
        held.push(&mine, piece(9000), LIMIT).unwrap();

        let too_much = held.push(&mine, piece(1001), LIMIT);
        held.push(&mine, piece(500), LIMIT).unwrap();
        held.push(&mine, piece(1), LIMIT).unwrap();
        let full = held.push(&mine, piece(1), LIMIT);

        assert_eq!(too_much, Err(GatewayError::BodyTooLarge { limit: LIMIT }));
        assert!(matches!(full, Err(GatewayError::RateLimited { .. })));
        assert_eq!((held.bytes(), memory.free_kib()), (9501, 0));
    }
}
