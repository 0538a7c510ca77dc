//! The numbers of processes that exist beside each other. Each has directories of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::folder::SLOTS;

/// Which numbers are taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots(Arc<Mutex<[bool; SLOTS]>>);

/// A number that is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) number: usize,
    slots: Slots,
}

impl Slots {
    /// Takes the lowest free number; none if all are taken.
    pub(super) fn take(&self) -> Option<Slot> {
        let mut taken = self.lock();
        let number = taken.iter().position(|is_taken| !is_taken)?;
        taken[number] = true;
        Some(Slot {
            number,
            slots: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, [bool; SLOTS]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.lock()[self.number] = false;
    }
}
