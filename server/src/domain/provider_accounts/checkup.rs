//! Keeps what a provider said when it was asked how an account is.

use entity::provider_account::{self, SubscriptionWindows};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, IntoActiveModel as _};
use uuid::Uuid;

use super::{ProviderAccounts, Result};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// What speaks against the account, in words for people; nothing when all is well.
    pub failure: Option<String>,
    /// The subscription's windows, where the provider told them.
    pub windows: Option<SubscriptionWindows>,
    /// What the login pays for, where the provider told it.
    pub plan: Option<String>,
}

impl ProviderAccounts {
    /// Finds an account that was not removed.
    pub async fn get(&self, id: Uuid) -> Result<provider_account::Model> {
        self.living(id).await
    }

    /// Notes what was found. What the provider did not tell stays as it was told before.
    pub async fn note_check(&self, id: Uuid, finding: Finding) -> Result<provider_account::Model> {
        let account = {
            // Who changes the account meanwhile must not lose it, nor see half of this.
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
