//! The usage of a quota before it is set.

use std::slice;

use entity::quota;

use super::{LimitHolder, NewQuota, Quotas, past, read_all, store};
use crate::domain::{
    Result,
    ledger::{self, QuotaState, quota_state},
};

impl Quotas {
    /// A quota as it would be if it was set now: with the usage of its window, without that of requests in flight.
    /// Stores nothing.
    pub async fn preview(&self, holder: LimitHolder, new: &NewQuota) -> Result<QuotaState> {
        let reader = self.db.reader();
        let now = self.clock.now();
        let mut wanted = read_all(slice::from_ref(new))?;
        let new = wanted.pop().unwrap_or_else(|| new.clone());
        let subject = self.find(reader, holder).await?;
        let there = store::of_subject(reader, &subject).await?;
        if let Some(edited) = there.into_iter().find(|quota| new.edits(quota)) {
            let edited = quota::Model {
                limit: new.limit,
                ..edited
            };
            let meters = ledger::meters(reader, vec![edited]).await?;
            if let Some(state) = meters.into_iter().next() {
                return Ok(state);
            }
        }
        let quota = store::model(&subject, new, now);
        let used = past::used(reader, &quota, subject.user.usage_reset_at, now).await?;
        quota_state(quota, used)
    }
}
