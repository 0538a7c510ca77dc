//! Memory for what clients have sent and the engine has not received: the beginnings of bodies whose model is not known yet,
//! and the unfinished messages of WebSockets. It is bounded in total and by user, so that one user cannot exhaust it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::dialect::GatewayError;
use crate::domain::ledger::LimitKind;

/// A user may have at least the total divided by this.
const SHARES: u64 = 8;
const KIB: u64 = 1024;
/// When to try again while the memory is full.
const RECOVERY: Duration = Duration::from_secs(1);

/// The memory of all users. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Memory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    free: Arc<Semaphore>,
    total_kib: usize,
    /// In KiB, by user; without users who use none.
    in_use: Mutex<HashMap<Uuid, u64>>,
}

/// The memory of one user.
#[derive(Clone, Debug)]
pub(super) struct UserMemory {
    memory: Memory,
    user_id: Uuid,
    max_kib: u64,
}

/// Some of the memory, until it is dropped.
#[derive(Debug)]
pub(super) struct MemoryPermit {
    memory: Memory,
    user_id: Uuid,
    kib: u64,
    _free: OwnedSemaphorePermit,
}

impl Memory {
    pub(super) fn with_kib(total_kib: usize) -> Self {
        Self(Arc::new(Shared {
            free: Arc::new(Semaphore::new(total_kib)),
            total_kib,
            in_use: Mutex::default(),
        }))
    }

    /// An eighth of the total, or two bodies of the largest size if that is more.
    pub(super) fn of(&self, user_id: Uuid, max_body_bytes: u64) -> UserMemory {
        let total = self.0.total_kib as u64;
        let max_kib = (total / SHARES).max(2 * max_body_bytes.div_ceil(KIB));
        UserMemory {
            memory: self.clone(),
            user_id,
            max_kib: max_kib.min(total),
        }
    }

    fn in_use(&self) -> MutexGuard<'_, HashMap<Uuid, u64>> {
        let in_use = self.0.in_use.lock();
        in_use.unwrap_or_else(PoisonError::into_inner)
    }

    fn release(&self, user_id: Uuid, kib: u64) {
        let mut in_use = self.in_use();
        if let Some(used) = in_use.get_mut(&user_id) {
            *used = used.saturating_sub(kib);
            if *used == 0 {
                in_use.remove(&user_id);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn free_kib(&self) -> usize {
        self.0.free.available_permits()
    }
}

impl UserMemory {
    /// Fails with `RateLimited` if the user has too much, with `Overloaded` if all memory is in use.
    pub(super) fn take(&self, bytes: usize) -> Result<MemoryPermit, GatewayError> {
        let kib = bytes as u64 / KIB + 1;
        {
            let mut in_use = self.memory.in_use();
            let used = in_use.entry(self.user_id).or_default();
            if *used + kib > self.max_kib {
                return Err(self.share_exceeded());
            }
            *used += kib;
        }
        let permits = u32::try_from(kib).unwrap_or(u32::MAX);
        let free = Arc::clone(&self.memory.0.free).try_acquire_many_owned(permits);
        let Ok(free) = free else {
            self.memory.release(self.user_id, kib);
            return Err(GatewayError::Overloaded {
                retry_after: RECOVERY,
            });
        };
        Ok(MemoryPermit {
            memory: self.memory.clone(),
            user_id: self.user_id,
            kib,
            _free: free,
        })
    }

    fn share_exceeded(&self) -> GatewayError {
        let mib = self.max_kib / KIB;
        GatewayError::RateLimited {
            kind: LimitKind::ConcurrentRequests,
            retry_after: RECOVERY,
            limit: format!("{mib} MiB of request bodies in memory for this user"),
            rate_limits: None,
            rejected_by: None,
        }
    }
}

impl Drop for MemoryPermit {
    fn drop(&mut self) {
        self.memory.release(self.user_id, self.kib);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_cannot_take_the_memory_of_another() {
        let memory = Memory::with_kib(64);
        let [greedy, other] = [1, 2].map(|id| memory.of(Uuid::from_u128(id), 1024));

        let held: Vec<_> = std::iter::from_fn(|| greedy.take(1000).ok()).collect();
        let refused = greedy.take(1).unwrap_err();
        let fits = other.take(7000);

        assert_eq!(held.len(), 8);
        assert!(matches!(refused, GatewayError::RateLimited { .. }));
        assert!(fits.is_ok());
        drop((held, fits));
        assert_eq!(memory.free_kib(), 64);
        assert!(memory.in_use().is_empty());
    }

    #[test]
    fn a_user_may_always_have_two_bodies_of_the_largest_size() {
        let memory = Memory::with_kib(64);
        let user = memory.of(Uuid::nil(), 16 * KIB);

        let held: Vec<_> = std::iter::from_fn(|| user.take(1000).ok()).collect();

        assert_eq!(held.len(), 32);
    }

    #[test]
    fn a_request_that_exceeds_the_total_does_not_count_for_its_user() {
        let memory = Memory::with_kib(4);
        let [first, second] = [1, 2].map(|id| memory.of(Uuid::from_u128(id), 2 * KIB));
        let _held = first.take(3000).unwrap();

        let full = second.take(3000);

        assert!(matches!(full, Err(GatewayError::Overloaded { .. })));
        assert!(second.take(1000).is_ok());
    }
}
