//! Stores the results of health checks of accounts.

use entity::provider_account::{self, SubscriptionWindows};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, IntoActiveModel as _};
use uuid::Uuid;

use super::{ProviderAccounts, Result};

/// The result of a health check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// Why the account is unhealthy, for people; `None` if it is healthy.
    pub failure: Option<String>,
    /// The usage windows of the subscription, if the provider reported them.
    pub windows: Option<SubscriptionWindows>,
    /// The plan of the subscription, if the provider reported it.
    pub plan: Option<String>,
}

impl ProviderAccounts {
    /// Finds an account that was not removed.
    pub async fn get(&self, id: Uuid) -> Result<provider_account::Model> {
        self.living(id).await
    }

    /// Stores the result of a check. Values that the provider did not report stay.
    pub async fn note_check(&self, id: Uuid, finding: Finding) -> Result<provider_account::Model> {
        let account = {
            // A concurrent change of the account must neither be lost nor see half of this.
            let _sealing = self.sealing.lock().await;
            let mut row = self.living(id).await?.into_active_model();
            row.checked_at = Set(Some(self.clock.now()));
            row.check_failure = Set(finding.failure);
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
