//! The last error of each account, in the provider's words. It is stored, so that it survives a restart.

use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::{self, Entity as ProviderAccount};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{ProviderAccounts, Result};

/// Errors of the same status are stored at this interval at most: failing accounts fail often, and messages may differ
/// by a number.
const STORE_INTERVAL: TimeDelta = TimeDelta::seconds(30);
const MAX_CHARS: usize = 500;

/// The status (0 without a response), the message and the time of a failure.
pub(super) type AccountError = (u16, Option<String>, DateTime<Utc>);

/// Which error of an account was stored last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StoredError(Option<(u16, DateTime<Utc>)>);

impl StoredError {
    /// Whether an error must be stored; notes that it is.
    pub(super) fn is_due(&mut self, status: u16, at: DateTime<Utc>) -> bool {
        let is_stored = self
            .0
            .is_some_and(|(stored, then)| stored == status && (at - then).abs() < STORE_INTERVAL);
        if !is_stored {
            self.0 = Some((status, at));
        }
        !is_stored
    }
}

impl ProviderAccounts {
    /// The message must be without secrets.
    pub(super) async fn store_last_error(
        &self,
        id: Uuid,
        (status, message, at): AccountError,
    ) -> Result<()> {
        let mut row = provider_account::ActiveModel::default();
        set(&mut row, (status, message), at);
        let update = ProviderAccount::update_many()
            .set(row)
            .filter(provider_account::Column::Id.eq(id))
            .filter(provider_account::Column::RemovedAt.is_null());
        if update.exec(self.db.writer()).await?.rows_affected > 0 {
            self.announce();
        }
        Ok(())
    }
}

/// Sets the last error of an account.
pub(super) fn set(
    row: &mut provider_account::ActiveModel,
    (status, message): (u16, Option<String>),
    at: DateTime<Utc>,
) {
    let message = message.map(|message| message.chars().take(MAX_CHARS).collect());
    row.last_error = Set(message);
    row.last_error_status = Set(Some(i16::try_from(status).unwrap_or_default()));
    row.last_error_at = Set(Some(at));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_stored_immediately_and_then_at_intervals() {
        let mut stored = StoredError::default();
        let second = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);

        assert!(stored.is_due(401, second(0)));
        assert!(!stored.is_due(401, second(29)));
        assert!(stored.is_due(502, second(29)), "another status");
        assert!(stored.is_due(502, second(59)));
        assert!(
            stored.is_due(502, second(0)),
            "the clock was set back by more than the interval"
        );
    }
}
