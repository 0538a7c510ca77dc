//! Pausing accounts whose provider rejects their credentials. A paused account is not used until an administrator
//! resumes it, signs in again or replaces its key.
//!
//! An outage of a provider can look like rejected credentials, and must not pause all accounts there. So an account is
//! paused after three consecutive rejections if
//!
//! * another account at the same provider has served a request since the first of them; or
//! * they have lasted for ten minutes, and no other account there was rejected meanwhile; or
//! * they have lasted for a day.

use chrono::{DateTime, TimeDelta, Utc};
use entity::provider_account::{self, CredentialKind};
use sea_orm::{ActiveValue::Set, IntoActiveModel as _};
use serde_json::json;
use uuid::Uuid;

use super::{AccountStatus, ProviderAccounts, Result, attempts::AttemptHistory, store};
use crate::domain::{Error, audit::AuditContext, engine_accounts::EngineAccounts};

/// Fewer consecutive rejections do not pause an account.
const REJECTIONS_BEFORE_PAUSE: u32 = 3;
/// The least duration if the other accounts at the provider give no evidence.
const DELAY: TimeDelta = TimeDelta::minutes(10);
/// The least duration if all accounts at the provider are rejected, as in an outage.
const OUTAGE_DELAY: TimeDelta = TimeDelta::days(1);

/// Consecutive rejections of an account's credentials: HTTP 401 to requests, or to the refresh of its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rejections {
    count: u32,
    since: DateTime<Utc>,
}

/// The evidence of the other accounts at the same provider since the first rejection of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PeerEvidence {
    /// One has served a request.
    ProviderWorks,
    None,
    /// All that were used are rejected.
    AllRejected,
}

impl Rejections {
    pub(super) fn add(rejections: Option<Self>, at: DateTime<Utc>) -> Self {
        match rejections {
            Some(earlier) => Self {
                count: earlier.count.saturating_add(1),
                ..earlier
            },
            None => Self {
                count: 1,
                since: at,
            },
        }
    }

    /// Whether there are enough to examine the other accounts.
    pub(super) fn are_many(self) -> bool {
        self.count >= REJECTIONS_BEFORE_PAUSE
    }

    fn pause(self, peers: PeerEvidence, now: DateTime<Utc>) -> bool {
        let delay = match peers {
            PeerEvidence::ProviderWorks => TimeDelta::zero(),
            PeerEvidence::None => DELAY,
            PeerEvidence::AllRejected => OUTAGE_DELAY,
        };
        self.are_many() && now - self.since >= delay
    }
}

impl PeerEvidence {
    fn of(peers: impl Iterator<Item = AttemptHistory>, since: DateTime<Utc>) -> Self {
        let mut evidence = Self::None;
        for peer in peers {
            if peer.served_at() >= Some(since) {
                return Self::ProviderWorks;
            }
            if peer.rejections().is_some() {
                evidence = Self::AllRejected;
            }
        }
        evidence
    }
}

impl ProviderAccounts {
    /// Uses a paused account again. One that is not paused stays as it is.
    pub async fn resume(
        &self,
        context: &AuditContext,
        id: Uuid,
    ) -> Result<provider_account::Model> {
        context.about(store::subject_of(id));
        let account = {
            let sealing = self.begin_sealing().await?;
            let account = self.existing(id).await?;
            context.about(store::subject(&account));
            if account.paused_at.is_none() {
                account
            } else {
                let mut row = account.clone().into_active_model();
                self.accept(&mut row, id);
                row.updated_at = Set(self.clock.now());
                let account = self
                    .update_row(context, &sealing, &account, row, &[])
                    .await?;
                sealing.commit().await?;
                account
            }
        };
        self.announce();
        self.record_without_change(context, json!({})).await?;
        Ok(account)
    }

    /// Records which sign-ins the engine reports as invalid, because the token endpoint rejected the refresh. It is
    /// called regularly.
    pub async fn record_lost_sign_ins(&self, reported: &EngineAccounts) -> Result<()> {
        let now = self.clock.now();
        for account in self.list().await? {
            let file = account.file_name.as_ref().filter(|_| account.is_in_use());
            if let Some(reported) = file.and_then(|file| reported.by_file.get(file)) {
                let is_lost = reported.has_lost_sign_in();
                self.attempts.note_refresh(account.id, is_lost, now);
            }
        }
        self.pause_rejected(&self.attempts.much_rejected()).await
    }

    /// Records that the provider rejected the refresh of a token for good, with its error code.
    pub async fn record_rejected_refresh(&self, id: Uuid, code: &str) -> Result<()> {
        let now = self.clock.now();
        self.attempts.note_refresh(id, true, now);
        self.store_last_error(id, (401, Some(code.to_owned()), now))
            .await?;
        self.pause_rejected(&self.attempts.much_rejected()).await
    }

    /// Ends the pause of an account whose credentials were replaced or are to be used again, and forgets its failures.
    pub(super) fn accept(&self, row: &mut provider_account::ActiveModel, id: Uuid) {
        end_pause(row);
        self.attempts.forget(id, self.clock.now());
    }

    /// Pauses those of the accounts for which it is due.
    pub(super) async fn pause_rejected(&self, ids: &[Uuid]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let accounts = self.list().await?;
        let now = self.clock.now();
        for account in accounts.iter().filter(|account| ids.contains(&account.id)) {
            let history = self.attempts.of(account.id);
            let Some(rejections) = history.rejections().filter(|_| account.is_in_use()) else {
                continue;
            };
            let peers = accounts.iter().filter(|peer| is_peer(peer, account));
            let peers = peers.map(|peer| self.attempts.of(peer.id));
            let evidence = PeerEvidence::of(peers, rejections.since);
            if rejections.pause(evidence, now) {
                self.pause(account).await?;
            }
        }
        Ok(())
    }

    async fn pause(&self, account: &provider_account::Model) -> Result<()> {
        {
            let sealing = self.begin_sealing().await?;
            let account = match self.existing(account.id).await {
                Err(Error::NotFound { .. }) => return Ok(()),
                account => account?,
            };
            // The credentials may have been replaced meanwhile.
            if !account.is_in_use() || self.attempts.of(account.id).rejections().is_none() {
                return Ok(());
            }
            let now = self.clock.now();
            let mut row = account.clone().into_active_model();
            row.paused_at = Set(Some(now));
            row.pause_reason = Set(Some(reason(account.credential).to_owned()));
            row.updated_at = Set(now);
            let context = AuditContext::system("pauseProviderAccount");
            self.update_row(&context, &sealing, &account, row, &[])
                .await?;
            sealing.commit().await?;
        }
        self.attempts.forget(account.id, self.clock.now());
        tracing::warn!(
            account.id = %account.id,
            "an account is paused because its provider rejects the credentials"
        );
        self.announce();
        Ok(())
    }
}

/// The state of a paused account.
pub(super) fn paused(account: &provider_account::Model) -> Option<super::AccountState> {
    account.paused_at?;
    Some(super::AccountState {
        status: AccountStatus::Paused,
        until: None,
        reason: account.pause_reason.clone(),
    })
}

/// Clears what is known of credentials that are used again, or were replaced.
pub(super) fn end_pause(row: &mut provider_account::ActiveModel) {
    row.paused_at = Set(None);
    row.pause_reason = Set(None);
    row.check_failure = Set(None);
}

fn reason(credential: CredentialKind) -> &'static str {
    match credential {
        CredentialKind::ApiKey => {
            "the provider repeatedly rejected the API key (HTTP 401); replace the key, or resume the account"
        }
        CredentialKind::AuthFile | CredentialKind::Github => {
            "the provider repeatedly rejected the sign-in (HTTP 401); sign in again, or resume the account"
        }
    }
}

/// Whether the accounts reach the same provider in the same way.
fn is_peer(one: &provider_account::Model, other: &provider_account::Model) -> bool {
    one.id != other.id
        && one.is_in_use()
        && one.kind == other.kind
        && one.credential == other.credential
        && one.base_url == other.base_url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(number)
    }

    fn rejected(minutes: &[i64]) -> Rejections {
        let mut rejections = None;
        for at in minutes {
            rejections = Some(Rejections::add(rejections, minute(*at)));
        }
        rejections.unwrap()
    }

    #[test]
    fn fewer_than_three_rejections_pause_nothing() {
        for peers in [
            PeerEvidence::ProviderWorks,
            PeerEvidence::None,
            PeerEvidence::AllRejected,
        ] {
            assert!(!rejected(&[0, 5000]).pause(peers, minute(5000)));
        }
    }

    #[test]
    fn an_account_is_paused_sooner_the_more_the_provider_seems_to_work() {
        let rejections = rejected(&[0, 1, 2]);
        let first_pause = |peers| {
            let mut minutes = [2, 9, 10, 1439, 1440].into_iter();
            minutes.find(|now| rejections.pause(peers, minute(*now)))
        };

        assert_eq!(first_pause(PeerEvidence::ProviderWorks), Some(2));
        assert_eq!(first_pause(PeerEvidence::None), Some(10));
        assert_eq!(first_pause(PeerEvidence::AllRejected), Some(1440));
    }

    #[test]
    fn a_clock_that_is_set_back_pauses_nothing() {
        assert!(!rejected(&[60, 61, 62]).pause(PeerEvidence::None, minute(0)));
    }
}
