//! Requests that wait until a limit admits them, in a fair order: the lowest rank first, then arrival. A task that frees a
//! limit admits the first in the line directly, so that requests that arrive later do not overtake.

#[cfg(test)]
mod bursts;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use smallvec::SmallVec;
use uuid::Uuid;

use crate::reservation::LimitOwner;

/// Tries to admit a request and keeps the result. It is called while the line is locked, so it must not free a limit that
/// requests of the same line wait for.
pub type Attempt = Box<dyn FnMut() -> AttemptResult + Send>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// The request is admitted, or refused for a reason that waiting does not change.
    Ended,
    Blocked(Blocked),
}

/// The limit that a request waits for. Requests behind it that the same limit counts wait too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    pub owner: LimitOwner,
    /// Whether it counts tokens, so that requests without tokens pass.
    pub by_tokens: bool,
    /// When a retry may succeed, if that depends on time alone.
    pub retry_after: Option<Duration>,
}

/// The properties of a waiting request that decide which limits count it.
#[derive(Clone, Copy, Debug)]
pub struct Waiter {
    /// The lowest is admitted first; the use of the user, for example.
    pub rank: u64,
    pub api_key_id: Uuid,
    pub uses_tokens: bool,
}

/// The requests that wait for the same limits. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct WaitList(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Read without the lock: most lists are empty at most times.
    waiting: AtomicUsize,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    entries: BTreeMap<Position, Entry>,
    joined: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    rank: u64,
    arrival: u64,
}

struct Entry {
    waiter: Waiter,
    attempt: Attempt,
    state: Arc<Mutex<TicketState>>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entry = &mut formatter.debug_struct("Entry");
        entry.field("waiter", &self.waiter).finish_non_exhaustive()
    }
}

/// A change in the state of a waiting request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitNews {
    /// The attempt has a result.
    Ended,
    /// It is first in the line; the list is to be woken after this time, if there is one.
    Blocked(Option<Duration>),
}

#[derive(Debug, Default)]
struct TicketState {
    news: Option<WaitNews>,
    waker: Option<Waker>,
}

/// The place of a request in the line, until it is dropped.
#[derive(Debug)]
pub struct WaitTicket {
    list: WaitList,
    position: Position,
    state: Arc<Mutex<TicketState>>,
}

impl WaitList {
    /// Whether no request waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of waiting requests.
    pub fn len(&self) -> usize {
        self.0.waiting.load(Ordering::SeqCst)
    }

    /// Joins the line behind all of the same rank, and makes the first attempt unless a request before it waits for the same
    /// limit. `None` if `most` wait already.
    pub fn join(&self, waiter: Waiter, most: usize, attempt: Attempt) -> Option<WaitTicket> {
        let state = Arc::default();
        let mut line = self.line();
        if line.entries.len() >= most {
            return None;
        }
        line.joined += 1;
        let position = Position {
            rank: waiter.rank,
            arrival: line.joined,
        };
        let entry = Entry {
            waiter,
            attempt,
            state: Arc::clone(&state),
        };
        line.entries.insert(position, entry);
        // Before the attempt, so that a task that frees a limit after it finds the waiting request.
        self.0.waiting.store(line.entries.len(), Ordering::SeqCst);
        self.admit(line);
        Some(WaitTicket {
            list: self.clone(),
            position,
            state,
        })
    }

    /// Admits all that can be admitted now, in order. To be called when a limit was freed.
    pub fn wake(&self) {
        if !self.is_empty() {
            self.admit(self.line());
        }
    }

    fn admit(&self, mut line: MutexGuard<'_, Line>) {
        let ended = line.admit();
        self.0.waiting.store(line.entries.len(), Ordering::SeqCst);
        drop(line);
        // An attempt may own the last reference to a result, which frees limits and wakes the list again.
        drop(ended);
    }

    fn leave(&self, position: Position) {
        let mut line = self.line();
        let entry = line.entries.remove(&position);
        if entry.is_none() {
            return;
        }
        // Those behind it may be admitted now.
        self.admit(line);
        drop(entry);
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Returns the entries whose attempts have ended.
    fn admit(&mut self) -> Vec<Entry> {
        let mut ended: SmallVec<[Position; 4]> = SmallVec::new();
        let mut blocked: SmallVec<[(Blocked, Uuid); 4]> = SmallVec::new();
        for (position, entry) in &mut self.entries {
            if blocked.iter().any(|(blocked, key)| {
                let is_counted =
                    blocked.owner == LimitOwner::User || *key == entry.waiter.api_key_id;
                is_counted && (entry.waiter.uses_tokens || !blocked.by_tokens)
            }) {
                continue;
            }
            match (entry.attempt)() {
                AttemptResult::Ended => {
                    ended.push(*position);
                    publish(&entry.state, WaitNews::Ended);
                }
                AttemptResult::Blocked(by) => {
                    publish(&entry.state, WaitNews::Blocked(by.retry_after));
                    blocked.push((by, entry.waiter.api_key_id));
                    if by.owner == LimitOwner::User && !by.by_tokens {
                        break;
                    }
                }
            }
        }
        let entries = ended.iter();
        entries
            .filter_map(|position| self.entries.remove(position))
            .collect()
    }
}

fn publish(state: &Mutex<TicketState>, news: WaitNews) {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    state.news = Some(news);
    let waker = mem::take(&mut state.waker);
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl WaitTicket {
    /// The next change. [`WaitNews::Ended`] is the last one.
    pub fn poll_news(&self, cx: &mut Context<'_>) -> Poll<WaitNews> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(news) = state.news.take() {
            return Poll::Ready(news);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Whether the attempt has a result.
    pub fn has_ended(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.news == Some(WaitNews::Ended)
    }

    /// The requests in the line before this one.
    pub fn ahead(&self) -> usize {
        let line = self.list.line();
        line.entries.range(..self.position).count()
    }
}

impl Drop for WaitTicket {
    fn drop(&mut self) {
        self.list.leave(self.position);
    }
}
