//! Limits of users and their keys: quotas, rate limits and concurrency, reserved and settled in memory.
//!
//! No I/O. The caller gives a clock, stores usage, and loads it again: see [`UserLimits`].

pub mod gcra;
pub mod pattern;
mod quota;
mod rate_limits;
mod reservation;
mod user_limits;
mod wait_list;
mod window;

pub use self::{
    quota::{
        Amounts, Charge, Cost, LimitRaise, Metric, ProviderSet, QuotaRule, QuotaState, QuotaStatus,
        RequestUsage, UnpricedPolicy,
    },
    rate_limits::{RateLimit, RateUsage},
    reservation::{
        LimitError, LimitKind, LimitOwner, LimitState, RateLimitStatus, RejectingQuota,
        RequestSlot, Reservation,
    },
    user_limits::{LimitRequest, MonotonicClock, REPORTS_PER_MINUTE, Start, UserLimits, WaitRules},
    wait_list::{Attempt, AttemptResult, Blocked, WaitList, WaitNews, WaitTicket, Waiter},
    window::QuotaWindow,
};
