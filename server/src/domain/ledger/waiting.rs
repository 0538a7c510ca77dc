//! Requests that wait for the limits of their users.

use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::time::{Interval, MissedTickBehavior, interval};
use uuid::Uuid;

use super::Ledger;

/// Users that one answer lists.
pub const MAX_WAITING_USERS: usize = 100;
/// How often a reader learns of a change.
const INTERVAL: Duration = Duration::from_secs(1);

/// The requests of one user that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserWaiting {
    pub user_id: Uuid,
    pub requests: usize,
}

/// All requests that wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingRequests {
    pub total: usize,
    /// Those with the most first, up to [`MAX_WAITING_USERS`].
    pub users: Vec<UserWaiting>,
}

impl Ledger {
    /// The requests that wait now.
    pub fn waiting(&self) -> WaitingRequests {
        let mut users: Vec<UserWaiting> = {
            let limits = self.users();
            let counts = limits.iter().map(|(user_id, limits)| UserWaiting {
                user_id: *user_id,
                requests: limits.waiting().len(),
            });
            counts.filter(|user| user.requests > 0).collect()
        };
        let total = users.iter().map(|user| user.requests).sum();
        users.sort_by_key(|user| (std::cmp::Reverse(user.requests), user.user_id));
        users.truncate(MAX_WAITING_USERS);
        WaitingRequests { total, users }
    }

    /// The requests that wait, first now and then after each change, at most once a second.
    pub fn follow_waiting(&self) -> impl Stream<Item = WaitingRequests> + Send + use<> {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let follower = (self.clone(), ticks, None::<WaitingRequests>);
        stream::unfold(follower, |(ledger, mut ticks, last)| async move {
            let now = next(&ledger, &mut ticks, last.as_ref()).await;
            Some((now.clone(), (ledger, ticks, Some(now))))
        })
    }
}

async fn next(
    ledger: &Ledger,
    ticks: &mut Interval,
    last: Option<&WaitingRequests>,
) -> WaitingRequests {
    loop {
        ticks.tick().await;
        let now = ledger.waiting();
        if last != Some(&now) {
            return now;
        }
    }
}
