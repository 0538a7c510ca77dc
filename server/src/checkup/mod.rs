//! Checks provider accounts, on demand or on a schedule, tests them with a model, and fetches lists of models:
//! [`mod@question`] builds the request, [`mod@finding`] interprets the response.

mod finding;
mod model_test;
mod models;
mod openings;
mod question;
mod schedule;

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use entity::provider_account::{self, ProviderKind};
use futures_util::{StreamExt as _, stream};
use url::Url;
use uuid::Uuid;

pub use self::model_test::ModelTest;
use self::{finding::finding, question::question};
use crate::{
    clock::SharedClock,
    domain::{
        Error, Result,
        provider_accounts::{Finding, ProviderAccounts},
        settings::Settings,
        window_openings::WindowOpenings,
    },
    engine::{EngineError, EngineHandle},
};

/// Concurrent checks.
const MAX_CONCURRENT: usize = 4;
/// An account is not checked again within this time.
const RECHECK_DELAY: TimeDelta = TimeDelta::seconds(30);

/// The dependencies of the checks.
#[derive(Clone, Debug)]
pub struct CheckupOptions {
    pub accounts: ProviderAccounts,
    pub openings: WindowOpenings,
    pub engine: EngineHandle,
    pub settings: Settings,
    pub clock: SharedClock,
    /// The check URLs of signed-in accounts, by provider.
    pub urls: BTreeMap<ProviderKind, Url>,
}

/// Checks accounts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Checkup(Arc<CheckupOptions>);

/// A checked account.
#[derive(Debug)]
pub struct Checked {
    pub account: provider_account::Model,
    /// Why it could not be checked; none otherwise.
    pub refusal: Option<EngineError>,
}

impl Checkup {
    /// A checker with these dependencies.
    pub fn new(options: CheckupOptions) -> Self {
        Self(Arc::new(options))
    }

    /// Checks one account, which must be enabled.
    pub async fn check_account(&self, id: Uuid) -> Result<Checked> {
        self.require_engine()?;
        let account = self.0.accounts.get(id).await?;
        if !account.enabled {
            let message = "a disabled account cannot be checked; enable it first";
            return Err(Error::BadInput(message.to_owned()));
        }
        self.check(account).await
    }

    /// Checks all enabled accounts, or those of one provider.
    pub async fn check_all(&self, kind: Option<ProviderKind>) -> Result<Vec<Checked>> {
        self.require_engine()?;
        let accounts = self.0.accounts.list().await?.into_iter();
        let asked = accounts
            .filter(|account| account.enabled && kind.is_none_or(|kind| account.kind == kind));
        let asked: Vec<_> = asked.collect();
        let checks = asked.into_iter().map(|account| self.check(account));
        let checks: Vec<_> = stream::iter(checks)
            .buffered(MAX_CONCURRENT)
            .collect()
            .await;
        checks.into_iter().collect()
    }

    fn require_engine(&self) -> Result<()> {
        match self.0.engine.endpoint() {
            Some(_) => Ok(()),
            None => Err(Error::EngineUnavailable(
                EngineError::NotRunning.to_string(),
            )),
        }
    }

    async fn check(&self, account: provider_account::Model) -> Result<Checked> {
        if self.is_fresh(&account) {
            let refusal = None;
            return Ok(Checked { account, refusal });
        }
        match self.ask(&account).await? {
            Ok(finding) => Ok(Checked {
                account: self.0.accounts.record_check(account.id, finding).await?,
                refusal: None,
            }),
            Err(refusal) => Ok(Checked {
                account,
                refusal: Some(refusal),
            }),
        }
    }

    fn is_fresh(&self, account: &provider_account::Model) -> bool {
        let age = account.checked_at.map(|at| self.0.clock.now() - at);
        // A time in the future means that the clock was set back.
        age.is_some_and(|age| age >= TimeDelta::zero() && age < RECHECK_DELAY)
    }

    /// Sends the check through the engine.
    async fn ask(
        &self,
        account: &provider_account::Model,
    ) -> Result<std::result::Result<Finding, EngineError>> {
        let credential = self.0.accounts.credential(account.id).await?;
        let Some(question) = question(&credential, &self.0.urls) else {
            // Only the engine can check these.
            return Ok(Ok(Finding::default()));
        };
        let answer = self.0.engine.ask_provider(&credential, &question).await;
        let keeps_messages = self.0.settings.current().gateway.keep_error_messages;
        Ok(answer.map(|mut answer| {
            if let Some(answer) = answer.as_mut().filter(|_| !keeps_messages) {
                answer.message = None;
            }
            finding(account.kind, answer.as_ref(), self.0.clock.now())
        }))
    }
}
