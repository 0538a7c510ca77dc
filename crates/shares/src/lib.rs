//! Fair shares of subscription windows that several users use together.
//!
//! The rule is *guarantee and lending*. A user below the share is always admitted. A user above it is admitted while what is
//! left of the windows exceeds what the other users are likely to need of their shares before the reset. See [`SharePool`].
//!
//! No I/O. The caller passes the time in, in seconds since 1970. Use is counted in *units*: any amount that is proportional
//! to what a request uses of its window, such as its cost at list prices.

mod books;
mod decision;
mod kept;
mod member;
mod pool;
mod report;
mod window;

pub use self::{
    decision::{AdmissionBasis, RefusalReason, ShareDecision, ShareRefusal},
    member::MemberWeight,
    pool::{RunningShare, SharePool, ShareRules},
    report::{ClassReport, MemberReport, MemberState, PoolReport},
    window::{LevelReading, WindowClass},
};

/// Seconds as a number to calculate with.
fn seconds(seconds: i64) -> f64 {
    i32::try_from(seconds).map_or(f64::from(i32::MAX), f64::from)
}
