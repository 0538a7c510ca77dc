//! Stores the results of account checks at the providers.

use entity::{
    provider_account::{self, ProviderModel, SubscriptionWindows},
    window_reading::ReadingSource,
};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, IntoActiveModel as _};
use uuid::Uuid;

use super::{
    CredentialSecret, EngineAttempt, NewProviderApiKey, ProviderAccounts, ProviderCredential,
    Result, check, last_error,
};
use crate::domain::window_readings::WindowReport;

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

    /// Stores the result of a request that tested the account with a model: a failure as the last error, with its status (0
    /// without a response); a success as a served request, which ends that the account is failing, but not its pause.
    pub async fn record_test(
        &self,
        id: Uuid,
        failure: Option<(u16, Option<String>)>,
    ) -> Result<provider_account::Model> {
        let at = self.clock.now();
        if let Some((status, message)) = failure {
            self.store_last_error(id, (status, message, at)).await?;
        } else {
            let attempt = EngineAttempt {
                account_id: id,
                at,
                failure: None,
                message: None,
            };
            self.record_attempts(&[attempt]).await;
        }
        self.existing(id).await
    }

    /// The credential of an account that is not saved, once its provider, key, address and headers are valid.
    pub fn unsaved_credential(new: NewProviderApiKey) -> Result<ProviderCredential> {
        // Its models are to be found.
        let placeholder = vec![ProviderModel {
            name: "unknown".to_owned(),
            alias: None,
        }];
        let new = check::new_api_key(NewProviderApiKey {
            models: placeholder,
            ..new
        })?;
        Ok(ProviderCredential {
            account_id: Uuid::nil(),
            kind: new.kind,
            label: String::new(),
            secret: CredentialSecret::ApiKey(new.api_key),
            headers: new.headers.into_iter().collect(),
            base_url: new.base_url,
            models: Vec::new(),
            prefix: None,
            priority: 0,
            weight: 1,
            proxy_url: None,
        })
    }

    /// Stores the result of a check. Values that the provider did not report are kept.
    pub async fn record_check(
        &self,
        id: Uuid,
        finding: Finding,
    ) -> Result<provider_account::Model> {
        let now = self.clock.now();
        {
            // Excludes concurrent changes of the account, so that none is lost or half overwritten.
            let sealing = self.begin_sealing().await?;
            let mut row = self.existing(id).await?.into_active_model();
            row.checked_at = Set(Some(now));
            row.check_failure = Set(finding.failure);
            if let Some(error) = finding.error {
                last_error::set(&mut row, error, now);
            }
            if finding.plan.is_some() {
                row.plan = Set(finding.plan);
            }
            row.update(&*sealing).await?;
            sealing.commit().await?;
        }
        if let Some(reported) = finding.windows {
            let report = WindowReport {
                account_id: id,
                observed_at: now,
                source: ReadingSource::Check,
                windows: reported.windows,
            };
            self.windows.record(report).await?;
        }
        self.announce();
        self.existing(id).await
    }
}
