//! One change that is asked for, and the event that comes of it.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use async_graphql::ServerError;
use entity::admin::Role;
use serde_json::json;

use super::{
    accounts::AccountSnapshot,
    failures::{FailedAttempts, FailureRecord, Offender},
};
use crate::{
    clock::SharedClock,
    domain::{
        Error, Viewer,
        audit::{Actor, Audit, AuditChange, AuditContext, AuditSubject},
        provider_accounts::ProviderAccounts,
    },
    graphql::transport::budget::Payer,
};

/// What anonymous clients may try, so that their failures are of interest.
const SIGNING_IN: [&str; 2] = ["login", "completeSetup"];
/// Refusals by role that are kept in an hour, of one caller: enough to see what somebody looks for.
const REFUSALS: u32 = 20;
/// Other failures of one caller that are kept in an hour.
const FAILURES: u32 = 200;
/// Failed attempts to sign in that are kept in an hour, of one network and of all.
const SIGN_INS_OF_NETWORK: u32 = 40;
const SIGN_INS: u32 = 400;
/// The action of the event that stands for further failures.
const SUMMARY: &str = "furtherFailures";
/// Bytes of an id that an event is about. Ours are shorter.
const LONGEST_ID: usize = 64;

/// One change that is asked for.
pub(super) struct RequestedChange<'a> {
    pub(super) audit: &'a Audit,
    pub(super) accounts: &'a ProviderAccounts,
    pub(super) clock: &'a SharedClock,
    pub(super) failures: &'a FailedAttempts,
    pub(super) viewer: &'a Viewer,
    pub(super) address: Option<IpAddr>,
    pub(super) action: String,
    pub(super) asked: serde_json::Value,
}

impl RequestedChange<'_> {
    /// Who does it, and from where.
    pub(super) fn context(&self, action: &str) -> Arc<AuditContext> {
        let address = self.address.map(|address| address.to_string());
        AuditContext::new(actor(self.viewer), address, action)
    }

    /// The accounts before it, when it may change them. Whoever may not does not make us look.
    pub(super) async fn accounts(&self) -> Option<AccountSnapshot> {
        let may_change = self.viewer.role() >= Some(Role::Admin);
        if !may_change {
            return None;
        }
        AccountSnapshot::before(self.accounts, &self.action).await
    }

    /// Sees to it that what came of it is in the audit.
    pub(super) async fn note(
        self,
        context: &AuditContext,
        accounts: Option<AccountSnapshot>,
        error: Option<&ServerError>,
    ) -> Result<(), Error> {
        let audit = self.audit;
        if let Some(error) = error {
            return match self.failure(error) {
                Some(failure) => self.note_failure(failure, code(error)).await,
                None => Ok(()),
            };
        }
        if context.was_recorded() {
            return Ok(());
        }
        if let Some(accounts) = accounts {
            for change in accounts.changes(self.accounts).await? {
                audit.note(change).await?;
            }
            if context.was_recorded() {
                return Ok(());
            }
        }
        let done = AuditChange::done(Some(self.asked.clone()));
        audit.note(done.about(self.subject())).await
    }

    /// Keeps a failed attempt, if the caller has not had enough of them in this hour.
    async fn note_failure(&self, failure: AuditChange, code: &'static str) -> Result<(), Error> {
        let until = match self.verdict(code) {
            FailureRecord::Record => return self.audit.note(failure).await,
            FailureRecord::Summarise(until) => until,
            FailureRecord::Skip => return Ok(()),
        };
        let summary = AuditChange::failed(
            Some(json!({ "notRecordedUntil": until.to_rfc3339() })),
            code,
        );
        let note = self.audit.note(summary);
        self.context(SUMMARY).run(note).await
    }

    fn verdict(&self, code: &str) -> FailureRecord {
        let now = self.clock.now();
        let known = |id| {
            if is_refusal(code) {
                self.failures.count(Offender::Refused(id), REFUSALS, now)
            } else {
                self.failures.count(Offender::Known(id), FAILURES, now)
            }
        };
        match self.viewer {
            Viewer::Session(session) => known(session.admin.id),
            Viewer::ApiToken(token) => known(token.id),
            Viewer::Anonymous | Viewer::KeyHolder { .. } => {
                let network = Payer::of(&Viewer::Anonymous, self.address);
                let network = network.map_or(Offender::Others, Offender::Network);
                match self.failures.count(network, SIGN_INS_OF_NETWORK, now) {
                    FailureRecord::Record => self.failures.count(Offender::Others, SIGN_INS, now),
                    verdict @ (FailureRecord::Summarise(_) | FailureRecord::Skip) => verdict,
                }
            }
        }
    }

    /// What a caller with a role tried in vain, without arguments if the role does not allow it; of anonymous
    /// clients, that a secret of theirs was wrong. What they wrote is not kept: some write their password where
    /// the name belongs.
    fn failure(&self, error: &ServerError) -> Option<AuditChange> {
        let code = code(error);
        match self.viewer {
            Viewer::Session(_) | Viewer::ApiToken(_) => {
                if is_refusal(code) {
                    return Some(AuditChange::failed(None, code));
                }
                let failed = AuditChange::failed(Some(self.asked.clone()), code);
                Some(failed.about(self.subject()))
            }
            Viewer::Anonymous | Viewer::KeyHolder { .. } => {
                let tried = SIGNING_IN.contains(&self.action.as_str()) && code == "UNAUTHENTICATED";
                tried.then(|| AuditChange::failed(None, code))
            }
        }
    }

    /// What it is about, as its name and its id say: `removeModelAlias` of a model alias.
    fn subject(&self) -> Option<AuditSubject> {
        let id = self.asked.get("id")?.as_str()?;
        let id = Some(id).filter(|id| id.len() <= LONGEST_ID)?;
        let kind = self
            .action
            .trim_start_matches(|letter: char| letter.is_lowercase());
        let mut letters = kind.chars();
        let first = letters.next()?.to_ascii_lowercase();
        let kind: String = std::iter::once(first).chain(letters).collect();
        Some(AuditSubject::new(Cow::Owned(kind), id))
    }
}

/// Whether the caller's role does not allow what was asked.
fn is_refusal(code: &str) -> bool {
    code == "FORBIDDEN"
}

fn actor(viewer: &Viewer) -> Actor {
    match viewer {
        Viewer::Session(session) => (&session.admin).into(),
        Viewer::ApiToken(token) => token.into(),
        Viewer::Anonymous | Viewer::KeyHolder { .. } => Actor::stranger(),
    }
}

/// Our code of an error; what the library refuses was asked wrongly.
fn code(error: &ServerError) -> &'static str {
    let source = error.source.as_ref();
    let ours = source.and_then(|source| source.downcast_ref::<Error>());
    ours.map_or("BAD_USER_INPUT", Error::code)
}
