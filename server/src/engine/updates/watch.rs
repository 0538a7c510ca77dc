//! Returns to the previous version when a new one dies twice in ten minutes.

use std::collections::VecDeque;
use std::sync::Weak;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use super::Inner;

/// The number of deaths within the window after which a version has failed.
const MAX_DEATHS: usize = 2;
const WINDOW: Duration = Duration::from_mins(10);
/// The time after its activation for which a version is watched. Later deaths have other causes.
const PROBATION: TimeDelta = TimeDelta::hours(24);

/// Watches until the server stops.
pub(super) async fn follow(updates: Weak<Inner>) {
    let Some(mut status) = updates.upgrade().map(|inner| inner.engine.watch()) else {
        return;
    };
    let mut restarts = status.borrow().restarts;
    let mut deaths = VecDeque::new();
    while status.changed().await.is_ok() {
        let (now_restarts, reason) = {
            let status = status.borrow_and_update();
            (status.restarts, status.last_error.clone())
        };
        let Some(inner) = updates.upgrade() else {
            return;
        };
        for _ in restarts..now_restarts {
            deaths.push_back(Instant::now());
        }
        restarts = now_restarts;
        while deaths
            .front()
            .is_some_and(|at: &Instant| at.elapsed() > WINDOW)
        {
            deaths.pop_front();
        }
        if deaths.len() >= MAX_DEATHS && inner.is_on_probation().await {
            let reason = reason.unwrap_or_else(|| "it ended".to_owned());
            if let Ok(guard) = inner.guard().await {
                deaths.clear();
                let reason = format!("it failed {MAX_DEATHS} times within ten minutes: {reason}");
                inner.return_to_previous(guard, Some(reason)).await;
            }
        }
    }
}

impl Inner {
    /// Whether an installed version runs that was activated lately and has a previous one.
    async fn is_on_probation(&self) -> bool {
        let Ok(state) = self.load().await else {
            return false;
        };
        let now = self.place.clock.now();
        let active = state.active.as_ref();
        state.previous.is_some()
            && active.is_some_and(|active| now - active.activated_at < PROBATION)
    }
}
