//! Asks providers how our accounts there are, when somebody wants to know or at regular times if an
//! administrator wants that: [`mod@question`] says what is asked, [`mod@finding`] what the answer
//! means.

mod finding;
mod question;
mod schedule;

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use entity::provider_account::{self, ProviderKind};
use futures_util::{StreamExt as _, stream};
use url::Url;
use uuid::Uuid;

use self::{finding::finding, question::question};
use crate::{
    clock::SharedClock,
    domain::{
        Error, Result,
        provider_accounts::{Finding, ProviderAccounts},
        settings::Settings,
    },
    engine::{EngineError, EngineHandle},
};

/// How many providers are asked at once.
const MAX_CONCURRENT: usize = 4;
/// Whom a provider was asked about less than this ago, it is not asked about again.
const FRESH: TimeDelta = TimeDelta::seconds(30);

/// What the room needs.
#[derive(Clone, Debug)]
pub struct CheckupOptions {
    pub accounts: ProviderAccounts,
    pub engine: EngineHandle,
    pub settings: Settings,
    pub clock: SharedClock,
    /// Where signed-in accounts can be asked after.
    pub urls: BTreeMap<ProviderKind, Url>,
}

/// Asks after accounts; cheap to clone.
#[derive(Clone, Debug)]
pub struct Checkup(Arc<CheckupOptions>);

/// An account that was asked after.
#[derive(Debug)]
pub struct Checked {
    pub account: provider_account::Model,
    /// Why it could not be asked after, if so.
    pub refusal: Option<EngineError>,
}

impl Checkup {
    /// Over these.
    pub fn new(options: CheckupOptions) -> Self {
        Self(Arc::new(options))
    }

    /// Asks after one account, which must be in use.
    pub async fn check_account(&self, id: Uuid) -> Result<Checked> {
        self.require_engine()?;
        let account = self.0.accounts.get(id).await?;
        if !account.enabled {
            let words = "the account is disabled, and so nobody can be asked; enable it first";
            return Err(Error::BadInput(words.to_owned()));
        }
        self.check(account).await
    }

    /// Asks after all accounts in use, or those at one provider.
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
                account: self.0.accounts.note_check(account.id, finding).await?,
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
        // Of the future is what was noted before the clock was set back.
        age.is_some_and(|age| age >= TimeDelta::zero() && age < FRESH)
    }

    /// What the provider says, unless the engine cannot ask it.
    async fn ask(
        &self,
        account: &provider_account::Model,
    ) -> Result<std::result::Result<Finding, EngineError>> {
        let credential = self.0.accounts.credential(account.id).await?;
        let Some(question) = question(&credential, &self.0.urls) else {
            // Of these the engine alone can tell.
            return Ok(Ok(Finding::default()));
        };
        let answer = self.0.engine.ask_provider(&credential, &question).await;
        Ok(answer.map(|answer| finding(account.kind, answer.as_ref(), self.0.clock.now())))
    }
}
