//! Refreshes the tokens that the engine cannot refresh, before they expire: Copilot's short-lived tokens, and the
//! tokens of an operator's own OAuth clients.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    account::Renewed, copilot::Models, protocol, provider::OAuthProvider, service::OAuthService,
    sign_in_error::SignInError,
};
use crate::{
    domain::{
        Result,
        provider_accounts::{GithubAccount, OwnClientAccount},
    },
    outage::Outage,
};

/// A token is refreshed at least this long before it expires.
const REFRESH_LEAD: TimeDelta = TimeDelta::minutes(5);
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(5);
const MAX_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// The error codes with which providers reject a sign-in for good; `bad_credentials` stands for GitHub's 401.
const REJECTIONS: [&str; 2] = ["invalid_grant", "bad_credentials"];
/// Checked again after this time, because the clock may jump.
const RECHECK_INTERVAL: Duration = Duration::from_secs(30);

/// The number of failures and the time of the next attempt.
#[derive(Clone, Copy, Debug)]
struct RetryState {
    failures: u32,
    until: DateTime<Utc>,
}

/// The task that refreshes tokens.
pub(super) struct TokenRefresher {
    service: OAuthService,
    setbacks: HashMap<Uuid, RetryState>,
}

impl TokenRefresher {
    pub(super) fn new(service: OAuthService) -> Self {
        Self {
            service,
            setbacks: HashMap::new(),
        }
    }

    /// Runs until the server stops. Refreshes in progress are finished, because the provider may have issued the
    /// tokens.
    pub(super) async fn run(mut self) {
        let mut changes = self.service.accounts.changes();
        let stop = self.service.stop.clone();
        let outage = Outage::new(Duration::ZERO);
        while !stop.is_cancelled() {
            changes.mark_unchanged();
            let round = self.round().await;
            outage.note(
                &round,
                |error| tracing::warn!(?error, "tokens cannot be refreshed; trying again"),
                |ended| {
                    let elapsed_ms = ended.lasted_ms();
                    tracing::info!(elapsed_ms, "tokens can be refreshed again");
                },
            );
            let pause = round.unwrap_or(RECHECK_INTERVAL);
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
                _ = changes.changed() => {}
            }
        }
    }

    /// Refreshes the tokens that are due. Returns the time until the next one is.
    async fn round(&mut self) -> Result<Duration> {
        let mut next = RECHECK_INTERVAL;
        let github = self.service.accounts.github_accounts().await?;
        let own = self.service.accounts.own_client_accounts().await?;
        let known: Vec<Uuid> = github
            .iter()
            .map(|account| account.id)
            .chain(own.iter().map(|account| account.id))
            .collect();
        self.setbacks.retain(|id, _| known.contains(id));
        for account in github {
            let due = due_at(account.refreshed_at, account.expires_at, account.has_models);
            if self.is_due(account.id, due, &mut next) {
                let outcome = self.renew_copilot(&account).await;
                self.note(account.id, outcome, &mut next).await?;
            }
        }
        for account in own {
            let due = due_at(account.refreshed_at, account.expires_at, true);
            if self.is_due(account.id, due, &mut next) {
                let outcome = self.renew_own_client(&account).await;
                self.note(account.id, outcome, &mut next).await?;
            }
        }
        Ok(next)
    }

    fn is_due(&self, id: Uuid, due: DateTime<Utc>, next: &mut Duration) -> bool {
        let until = self.setbacks.get(&id).map(|setback| setback.until);
        let due = until.map_or(due, |until| until.max(due));
        let left = (due - self.service.clock.now())
            .to_std()
            .unwrap_or_default();
        if !left.is_zero() {
            *next = (*next).min(left);
        }
        left.is_zero()
    }

    async fn renew_copilot(
        &self,
        account: &GithubAccount,
    ) -> Result<std::result::Result<(), RefreshError>> {
        let copilot = self.service.copilot()?;
        let models = if account.has_models {
            Models::Known
        } else {
            Models::Listed
        };
        let token = match copilot.token(&account.token, models).await {
            Ok(token) => token,
            Err(fault) => return Ok(Err(RefreshError::of_copilot(&fault, &copilot.provider))),
        };
        let has_models = account.has_models || !token.models.is_empty();
        self.service
            .accounts
            .set_copilot_token(account, token)
            .await?;
        if has_models {
            return Ok(Ok(()));
        }
        let problem = "Copilot did not report its models; the server retries automatically";
        Ok(Err(RefreshError::transient(problem)))
    }

    async fn renew_own_client(
        &self,
        account: &OwnClientAccount,
    ) -> Result<std::result::Result<(), RefreshError>> {
        let provider = self.service.provider(account.kind)?;
        if provider.client_secret.is_none() {
            let name = provider.name.to_uppercase();
            return Ok(Err(RefreshError::transient(format!(
                "the OAuth client of this account is no longer configured; set OAUTH_{name}_CLIENT_ID and OAUTH_{name}_CLIENT_SECRET, or sign in again"
            ))));
        }
        let renewed = protocol::refresh(&self.service.http, provider, &account.refresh_token).await;
        match renewed {
            Ok(tokens) => {
                let renewed = Renewed::new(&tokens, self.service.clock.now());
                self.service
                    .accounts
                    .renew_own_client(account, renewed.content, renewed.expires_at)
                    .await?;
                Ok(Ok(()))
            }
            Err(fault) => Ok(Err(RefreshError::new(&fault, provider))),
        }
    }

    async fn note(
        &mut self,
        id: Uuid,
        outcome: Result<std::result::Result<(), RefreshError>>,
        next: &mut Duration,
    ) -> Result<()> {
        let error = match outcome {
            Ok(Ok(())) => {
                self.setbacks.remove(&id);
                return Ok(());
            }
            Ok(Err(error)) => error,
            Err(error) => {
                tracing::error!(account.id = %id, ?error, "cannot store a refreshed token");
                RefreshError::transient(
                    "a refreshed token could not be stored; see the server's log",
                )
            }
        };
        let failures = self.setbacks.get(&id).map_or(0, |setback| setback.failures);
        let pause = pause_after(failures);
        tracing::warn!(account.id = %id, failures = failures + 1, "cannot refresh a token");
        let setback = RetryState {
            failures: failures.saturating_add(1),
            until: self.service.clock.now() + pause,
        };
        self.setbacks.insert(id, setback);
        *next = (*next).min(pause.to_std().unwrap_or_default());
        let accounts = &self.service.accounts;
        accounts.record_token_problem(id, &error.message).await?;
        if let Some(code) = &error.rejection {
            accounts.record_rejected_refresh(id, code).await?;
        }
        Ok(())
    }
}

/// Why a token could not be refreshed.
#[derive(Debug)]
struct RefreshError {
    /// For administrators.
    message: String,
    /// The provider's error code if it no longer accepts the sign-in.
    rejection: Option<String>,
}

impl RefreshError {
    /// An error that is no rejection of the sign-in.
    fn transient(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            rejection: None,
        }
    }

    fn new(fault: &SignInError, provider: &OAuthProvider) -> Self {
        let message = fault.message(provider);
        let retries = if fault.may_pass() {
            "; the server retries automatically"
        } else {
            ""
        };
        let rejection = if let SignInError::Refused(code) = fault {
            REJECTIONS.contains(&code.as_str()).then(|| code.clone())
        } else {
            None
        };
        Self {
            message: format!("the token could not be refreshed: {message}{retries}"),
            rejection,
        }
    }

    fn of_copilot(fault: &SignInError, provider: &OAuthProvider) -> Self {
        let error = Self::new(fault, provider);
        if error.rejection.is_some() {
            let message = "GitHub no longer accepts the sign-in; sign in again".to_owned();
            return Self { message, ..error };
        }
        error
    }
}

/// When to refresh: some minutes before the expiry, or at half of a shorter lifetime.
fn due_at(
    refreshed_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    is_complete: bool,
) -> DateTime<Utc> {
    let (Some(expires_at), true) = (expires_at, is_complete) else {
        return DateTime::UNIX_EPOCH;
    };
    let life = refreshed_at.map_or(REFRESH_LEAD * 2, |refreshed_at| expires_at - refreshed_at);
    expires_at - REFRESH_LEAD.min(life / 2)
}

/// Doubles up to the maximum, with a random fifth, so that accounts do not retry in step.
fn pause_after(failures: u32) -> TimeDelta {
    let doubled = FIRST_PAUSE * 2_i32.saturating_pow(failures.min(10));
    let pause = doubled.min(MAX_PAUSE);
    let milliseconds = pause.num_milliseconds();
    let chance = rand::rng().random_range(0..=milliseconds / 5);
    TimeDelta::milliseconds(milliseconds - chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(number)
    }

    #[test]
    fn tokens_are_renewed_ahead_of_their_end() {
        assert_eq!(due_at(Some(minute(0)), Some(minute(30)), true), minute(25));
        assert_eq!(due_at(Some(minute(0)), Some(minute(4)), true), minute(2));
        assert_eq!(due_at(None, Some(minute(30)), true), minute(25));
        // Immediately.
        assert_eq!(due_at(Some(minute(0)), Some(minute(30)), false), minute(0));
        assert_eq!(due_at(None, None, true), minute(0));
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        for (failures, least, most) in [(0, 4, 5), (1, 8, 10), (5, 128, 160), (99, 480, 600)] {
            let pause = pause_after(failures).num_seconds();
            assert!((least..=most).contains(&pause), "{failures}: {pause}");
        }
    }
}
