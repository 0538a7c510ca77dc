//! Stores the results of account checks at the providers.

use entity::provider_account::{self, SubscriptionWindows};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, IntoActiveModel as _};
use uuid::Uuid;

use super::{ProviderAccounts, Result, last_error};

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The problem of the account, for administrators; `None` if there is none.
    pub failure: Option<String>,
    /// The HTTP status of a failure (0 without a response), and the provider's message without secrets.
    pub error: Option<(u16, Option<String>)>,
    /// The usage windows of the subscription; `None` if the provider did not report them.
    pub windows: Option<SubscriptionWindows>,
    /// The plan of the subscription; `None` if the provider did not report it.
    pub plan: Option<String>,
}

impl ProviderAccounts {
    /// Fails if the account does not exist or was removed.
    pub async fn get(&self, id: Uuid) -> Result<provider_account::Model> {
        self.existing(id).await
    }

    /// Stores the result of a check. Values that the provider did not report are kept.
    pub async fn record_check(
        &self,
        id: Uuid,
        finding: Finding,
    ) -> Result<provider_account::Model> {
        let account = {
            // Excludes concurrent changes of the account, so that none is lost or half overwritten.
            let _sealing = self.sealing.lock().await;
            let mut row = self.existing(id).await?.into_active_model();
            let now = self.clock.now();
            row.checked_at = Set(Some(now));
            row.check_failure = Set(finding.failure);
            if let Some(error) = finding.error {
                last_error::set(&mut row, error, now);
            }
            if finding.windows.is_some() {
                row.windows = Set(finding.windows);
            }
            if finding.plan.is_some() {
                row.plan = Set(finding.plan);
            }
            row.update(self.db.writer()).await?
        };
        self.announce();
        Ok(account)
    }
}
