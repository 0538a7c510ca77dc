//! Memory for what clients have sent and the engine has not been given: the beginnings of bodies whose
//! model is not known yet, and the unfinished messages of WebSockets. All clients together have a bounded
//! amount, and each user a share of it, so that one cannot take it from the others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::dialect::GatewayError;
use crate::domain::ledger::LimitKind;

/// One user may have at least this part of it.
const SHARES: u64 = 8;
const KIB: u64 = 1024;
/// When to try again while the memory is full.
const RECOVERY: Duration = Duration::from_secs(1);

/// The memory of all. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Memory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    free: Arc<Semaphore>,
    total_kib: usize,
    /// KiB in use, of the users who use any.
    in_use: Mutex<HashMap<Uuid, u64>>,
}

/// The share of one user.
#[derive(Clone, Debug)]
pub(super) struct UserMemory {
    memory: Memory,
    user_id: Uuid,
    most_kib: u64,
}

/// A piece of memory, until it is dropped.
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

    /// What a user may hold: an eighth of all, or two bodies of the largest size.
    pub(super) fn of(&self, user_id: Uuid, max_body_bytes: u64) -> UserMemory {
        let total = self.0.total_kib as u64;
        let most_kib = (total / SHARES).max(2 * max_body_bytes.div_ceil(KIB));
        UserMemory {
            memory: self.clone(),
            user_id,
            most_kib: most_kib.min(total),
        }
    }

    fn in_use(&self) -> MutexGuard<'_, HashMap<Uuid, u64>> {
        let in_use = self.0.in_use.lock();
        in_use.unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, user_id: Uuid, kib: u64) {
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
    /// Takes memory, or says whose share is used up.
    pub(super) fn take(&self, bytes: usize) -> Result<MemoryPermit, GatewayError> {
        let kib = bytes as u64 / KIB + 1;
        {
            let mut in_use = self.memory.in_use();
            let used = in_use.entry(self.user_id).or_default();
            if *used + kib > self.most_kib {
                return Err(self.share_is_used_up());
            }
            *used += kib;
        }
        let permits = u32::try_from(kib).unwrap_or(u32::MAX);
        let free = Arc::clone(&self.memory.0.free).try_acquire_many_owned(permits);
        let Ok(free) = free else {
            self.memory.give_back(self.user_id, kib);
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

    fn share_is_used_up(&self) -> GatewayError {
        let mib = self.most_kib / KIB;
        GatewayError::RateLimited {
            kind: LimitKind::ConcurrentRequests,
            retry_after: RECOVERY,
            limit: format!("{mib} MiB of request bodies at once for this user"),
            pacing: None,
        }
    }
}

impl Drop for MemoryPermit {
    fn drop(&mut self) {
        self.memory.give_back(self.user_id, self.kib);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_share_and_others_have_theirs_meanwhile() {
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
    fn two_bodies_of_the_largest_size_always_fit_a_share() {
        let memory = Memory::with_kib(64);
        let user = memory.of(Uuid::nil(), 16 * KIB);

        let held: Vec<_> = std::iter::from_fn(|| user.take(1000).ok()).collect();

        assert_eq!(held.len(), 32);
    }

    #[test]
    fn what_does_not_fit_into_all_takes_nothing_of_the_share() {
        let memory = Memory::with_kib(4);
        let [first, second] = [1, 2].map(|id| memory.of(Uuid::from_u128(id), 2 * KIB));
        let _held = first.take(3000).unwrap();

        let full = second.take(3000);

        assert!(matches!(full, Err(GatewayError::Overloaded { .. })));
        assert!(second.take(1000).is_ok());
    }
}
