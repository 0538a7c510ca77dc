//! A copy of a body while it is sent, to send it again should the account refuse the request. It counts against the memory of its
//! user, and is given up if it becomes too large.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;

use super::held::BufferedBody;
use crate::gateway::memory::{MemoryPermit, UserMemory};

/// In bytes. Larger bodies are sent once.
const MAX_COPY: usize = 1024 * 1024;

/// Shared by the upload and by who may send it again.
#[derive(Clone, Debug)]
pub(in crate::gateway) struct BodyCopy(Arc<Mutex<Copied>>);

#[derive(Debug)]
struct Copied {
    memory: UserMemory,
    chunks: Vec<(Bytes, MemoryPermit)>,
    bytes: usize,
    is_whole: bool,
    is_given_up: bool,
}

impl BodyCopy {
    pub(super) fn new(memory: UserMemory) -> Self {
        Self(Arc::new(Mutex::new(Copied {
            memory,
            chunks: Vec::new(),
            bytes: 0,
            is_whole: false,
            is_given_up: false,
        })))
    }

    pub(super) fn push(&self, data: &Bytes) {
        let mut copied = self.lock();
        if copied.is_given_up {
            return;
        }
        copied.bytes += data.len();
        let permit = copied.memory.take(data.len());
        match permit {
            Ok(permit) if copied.bytes <= MAX_COPY => copied.chunks.push((data.clone(), permit)),
            Ok(_) | Err(_) => {
                copied.is_given_up = true;
                copied.chunks = Vec::new();
            }
        }
    }

    /// All of the body was copied.
    pub(super) fn finish(&self) {
        self.lock().is_whole = true;
    }

    /// The body; `None` unless all of it was copied. The copy stays.
    pub(super) fn body(&self) -> Option<BufferedBody> {
        let copied = self.lock();
        if copied.is_given_up || !copied.is_whole {
            return None;
        }
        let chunks = copied.chunks.iter().map(|(data, _)| data.clone());
        Some(BufferedBody::copied(chunks))
    }

    fn lock(&self) -> MutexGuard<'_, Copied> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use uuid::Uuid;

    use super::super::Upload;
    use super::*;
    use crate::gateway::memory::Memory;

    async fn send(upload: Upload) -> Bytes {
        upload.collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn a_body_that_was_sent_can_be_sent_again() {
        let memory = Memory::with_kib(64);
        let mut upload = Upload::new(Body::from("question"), 1024);
        let copy = upload.keep_copy(memory.of(Uuid::nil(), 1024));
        let progress = upload.progress();
        let unsent = Upload::of_copy(&copy, 1024, &progress);
        assert!(unsent.is_none(), "it is not sent yet");

        assert_eq!(send(upload).await, "question");
        assert!(memory.free_kib() < 64);
        let again = Upload::of_copy(&copy, 1024, &progress).unwrap();
        assert_eq!(progress.bytes(), 0);
        assert_eq!(send(again).await, "question");
        assert_eq!(progress.bytes(), 8);
        drop(copy);
        assert_eq!(memory.free_kib(), 64);
    }

    #[tokio::test]
    async fn a_large_body_is_not_copied() {
        let memory = Memory::with_kib(4096);
        let size = MAX_COPY + 1;
        let mut upload = Upload::new(Body::from(vec![b'x'; size]), size as u64);
        let copy = upload.keep_copy(memory.of(Uuid::nil(), size as u64));
        let progress = upload.progress();

        assert_eq!(send(upload).await.len(), size);
        assert!(Upload::of_copy(&copy, size as u64, &progress).is_none());
        assert_eq!(memory.free_kib(), 4096);
    }
}
