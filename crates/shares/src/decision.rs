//! Whether a request may start.

use crate::WindowClass;

/// Why a request is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdmissionBasis {
    /// The user is below the share.
    Share,
    /// The user is above the share and uses what others are not likely to need.
    Lent,
    /// An administrator has admitted the user above the share.
    Override,
    /// There are no recent readings of the windows, so shares cannot be compared.
    Unknown,
}

/// Why a request is refused. The user is above the share in both cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// The rest is kept for users below their shares.
    Kept,
    /// Little is left, and other users above their shares have borrowed less.
    Turn,
}

/// A request that would exceed the share. Percentages are of the pool's windows of this class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareRefusal {
    pub class: WindowClass,
    pub reason: RefusalReason,
    /// The user's share.
    pub share_percent: f64,
    /// The user's use in the current cycles, with requests in flight.
    pub used_percent: f64,
    /// The part that is kept for all other users together.
    pub kept_percent: f64,
    /// When a request of this user is likely to be admitted, in seconds from now; at least 1.
    pub retry_after: i64,
}

/// The decision about one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ShareDecision {
    Admitted(AdmissionBasis),
    Refused(ShareRefusal),
}

impl ShareDecision {
    pub fn is_admitted(&self) -> bool {
        matches!(self, Self::Admitted(_))
    }
}
