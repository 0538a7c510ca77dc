//! The beginning of a body, buffered while it is scanned for the model.

use std::collections::VecDeque;

use axum::body::Bytes;

use crate::gateway::{
    dialect::GatewayError,
    memory::{MemoryPermit, UserMemory},
};

/// The chunks as they arrived. Most bodies have one.
#[derive(Debug, Default)]
pub(in crate::gateway) struct BufferedBody {
    first: Option<Bytes>,
    others: VecDeque<Chunk>,
    bytes: u64,
}

/// A chunk, and its share of the memory that its user may hold; dropping it returns the memory.
#[derive(Debug)]
struct Chunk {
    data: Bytes,
    _memory: Option<MemoryPermit>,
}

impl BufferedBody {
    /// Fails if the body becomes larger than `limit` bytes, or the memory of the user is full.
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
        if self.is_empty() {
            // The first chunk costs no extra memory: it is in the buffer of the connection.
            self.first = Some(data);
        } else {
            let memory = memory.take(data.len())?;
            self.others.push_back(Chunk {
                data,
                _memory: Some(memory),
            });
        }
        self.bytes = bytes;
        Ok(())
    }

    /// A copy of a body, whose memory is counted where it is kept.
    pub(super) fn copied(chunks: impl Iterator<Item = Bytes>) -> Self {
        let mut body = Self::default();
        for data in chunks {
            body.bytes += data.len() as u64;
            body.others.push_back(Chunk {
                data,
                _memory: None,
            });
        }
        body
    }

    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let first = self.first.take();
        let data = first.or_else(|| Some(self.others.pop_front()?.data))?;
        self.bytes -= data.len() as u64;
        Some(data)
    }

    pub(in crate::gateway) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::gateway::memory::Memory;

    const LIMIT: u64 = 10_000;

    fn chunk(bytes: usize) -> Bytes {
        vec![b'x'; bytes].into()
    }

    #[test]
    fn each_chunk_returns_its_memory_when_it_is_taken() {
        let memory = Memory::with_kib(8);
        let mine = memory.of(Uuid::nil(), LIMIT);
        let mut held = BufferedBody::default();

        for bytes in [3000, 2000, 1000] {
            held.push(&mine, chunk(bytes), LIMIT).unwrap();
        }

        assert_eq!((held.bytes(), memory.free_kib()), (6000, 5));
        let mut after = Vec::new();
        while let Some(data) = held.pop() {
            after.push((data.len(), held.bytes(), memory.free_kib()));
        }
        assert_eq!(after, [(3000, 3000, 5), (2000, 1000, 7), (1000, 0, 8)]);
    }

    #[test]
    fn a_chunk_that_does_not_fit_is_refused_and_takes_no_memory() {
        let memory = Memory::with_kib(2);
        let mine = memory.of(Uuid::nil(), 2000);
        let mut held = BufferedBody::default();
        held.push(&mine, chunk(9000), LIMIT).unwrap();

        let too_much = held.push(&mine, chunk(1001), LIMIT);
        held.push(&mine, chunk(500), LIMIT).unwrap();
        held.push(&mine, chunk(1), LIMIT).unwrap();
        let full = held.push(&mine, chunk(1), LIMIT);

        assert_eq!(too_much, Err(GatewayError::BodyTooLarge { limit: LIMIT }));
        assert!(matches!(full, Err(GatewayError::RateLimited { .. })));
        assert_eq!((held.bytes(), memory.free_kib()), (9501, 0));
    }
}
