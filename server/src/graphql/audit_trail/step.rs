//! One requested mutation, and the event if it fails.

use std::net::IpAddr;

use async_graphql::ServerError;
use serde_json::json;

use super::failures::{FailedAttempts, FailureRecord, Offender};
use crate::{
    clock::SharedClock,
    domain::{
        Error, Viewer,
        audit::{Actor, Audit, AuditChange, AuditContext},
    },
    graphql::transport::budget::Payer,
};

/// Mutations of anonymous clients whose failures are recorded.
const SIGN_INS_RECORDED: [&str; 3] = ["login", "completeSetup", "acceptUserInvitation"];
/// Recorded refusals by role, per hour and caller: enough to see what the caller probes.
const REFUSALS: u32 = 20;
/// Recorded other failures, per hour and caller.
const FAILURES: u32 = 200;
/// Recorded failed sign-ins per hour, of one network and of all.
const SIGN_INS_OF_NETWORK: u32 = 40;
const SIGN_INS: u32 = 400;
/// The action of the event that stands for further failures.
const SUMMARY: &str = "furtherFailures";

pub(super) struct RequestedChange<'a> {
    pub(super) audit: &'a Audit,
    pub(super) clock: &'a SharedClock,
    pub(super) failures: &'a FailedAttempts,
    pub(super) viewer: &'a Viewer,
    pub(super) address: Option<IpAddr>,
    pub(super) action: String,
    pub(super) arguments: serde_json::Value,
}

impl RequestedChange<'_> {
    pub(super) fn context(&self, action: &str) -> AuditContext {
        let address = self.address.map(|address| address.to_string());
        AuditContext::new(actor(self.viewer), address, action)
    }

    /// Records a mutation that failed.
    pub(super) async fn note(
        self,
        context: &AuditContext,
        error: Option<&ServerError>,
    ) -> Result<(), Error> {
        if let Some(error) = error {
            return match self.failure(error) {
                Some(failure) => self.note_failure(context, failure, code(error)).await,
                None => Ok(()),
            };
        }
        let is_recorded = context.is_recorded();
        debug_assert!(is_recorded, "{} left no event in the audit", self.action);
        if is_recorded {
            return Ok(());
        }
        tracing::error!(action = %self.action, "a mutation left no event in the audit");
        let done = AuditChange::done(Some(self.arguments));
        self.audit.note(context, done).await
    }

    /// Records a failed attempt, unless the caller has reached the limit of this hour.
    async fn note_failure(
        &self,
        context: &AuditContext,
        failure: AuditChange,
        code: &'static str,
    ) -> Result<(), Error> {
        let until = match self.verdict(code) {
            FailureRecord::Record => return self.audit.note(context, failure).await,
            FailureRecord::Summarise(until) => until,
            FailureRecord::Skip => return Ok(()),
        };
        let summary = AuditChange::failed(
            Some(json!({ "notRecordedUntil": until.to_rfc3339() })),
            code,
        );
        self.audit.note(&self.context(SUMMARY), summary).await
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

    /// The failure of a caller with a role, without arguments if the role does not allow the mutation; of
    /// anonymous clients, only wrong secrets. Their arguments are not recorded: some people type their password
    /// into the field of the name.
    fn failure(&self, error: &ServerError) -> Option<AuditChange> {
        let code = code(error);
        match self.viewer {
            Viewer::Session(_) | Viewer::ApiToken(_) => {
                if is_refusal(code) {
                    return Some(AuditChange::failed(None, code));
                }
                Some(AuditChange::failed(Some(self.arguments.clone()), code))
            }
            Viewer::Anonymous | Viewer::KeyHolder { .. } => {
                let is_recorded =
                    SIGN_INS_RECORDED.contains(&self.action.as_str()) && code == "UNAUTHENTICATED";
                is_recorded.then(|| AuditChange::failed(None, code))
            }
        }
    }
}

/// Whether the caller's role does not allow the mutation.
fn is_refusal(code: &str) -> bool {
    code == "FORBIDDEN"
}

fn actor(viewer: &Viewer) -> Actor {
    match viewer {
        Viewer::Session(session) => (&session.admin).into(),
        Viewer::ApiToken(token) => token.into(),
        Viewer::KeyHolder { user_id, .. } => Actor::user(*user_id),
        Viewer::Anonymous => Actor::anonymous(),
    }
}

/// Our code of an error. Errors of the GraphQL library are bad input.
fn code(error: &ServerError) -> &'static str {
    let source = error.source.as_ref();
    let ours = source.and_then(|source| source.downcast_ref::<Error>());
    ours.map_or("BAD_USER_INPUT", Error::code)
}
