//! A share that is used up, as an error for the caller.

use std::time::Duration;

use crate::{
    domain::{
        ledger::{LimitError, RequestSlot, Reservation},
        shares::{ShareExceeded, WindowClass},
    },
    gateway::dialect::GatewayError,
};

/// The reason for which a request is refused. The slot is returned.
pub(super) enum NotReserved {
    Limit(LimitError, RequestSlot),
    Share(ShareExceeded, RequestSlot),
}

impl From<(ShareExceeded, RequestSlot)> for NotReserved {
    fn from((exceeded, slot): (ShareExceeded, RequestSlot)) -> Self {
        Self::Share(exceeded, slot)
    }
}

impl From<(ShareExceeded, Reservation)> for GatewayError {
    /// Gives the reservation back.
    fn from((exceeded, _): (ShareExceeded, Reservation)) -> Self {
        exceeded.into()
    }
}

impl From<ShareExceeded> for GatewayError {
    /// Names no other user: only what is kept for all of them together.
    fn from(exceeded: ShareExceeded) -> Self {
        let ShareExceeded { group, refusal } = exceeded;
        let window = match refusal.class {
            WindowClass::FiveHours => "five-hour",
            WindowClass::Week => "weekly",
        };
        let pool = group.map_or_else(String::new, |name| format!(" of {name}"));
        Self::ShareUsed {
            retry_after: Duration::from_secs(refusal.retry_after.unsigned_abs().max(1)),
            share: format!(
                "your share{pool} is used up: you used {:.0} % of the {window} window, your share is {:.0} %, and {:.0} % \
                 is kept for other users",
                refusal.used_percent, refusal.share_percent, refusal.kept_percent
            ),
        }
    }
}
