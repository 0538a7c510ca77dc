//! Sign-ins of agents: an agent asks, a user confirms with a key, and the agent gets short-lived tokens.
//!
//! A sign-in is an API key without a secret, with copies of the limits of the key that confirmed it. Its tokens are in the
//! key ring, so that limits, records and revocation are those of keys.

mod attempts;
mod decide;
mod error;
mod grant;
mod request;
mod tokens;

use std::net::IpAddr;

use chrono::TimeDelta;
use entity::{
    agent_sign_in::{self, Entity as SignIn},
    agent_sign_in_request::{self, Entity as Request},
    agent_token::{self, Entity as Token},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use self::attempts::Attempts;
pub use self::{
    decide::Decision,
    error::GrantError,
    grant::GrantRequest,
    request::{Authorization, DeviceCodes},
    tokens::IssuedTokens,
};
use super::ApiKeys;
use crate::{
    clock::SharedClock,
    crypto::token::{Digest, Digester},
    db::Database,
    domain::{Error, Result, audit::AuditSubject, login_throttle::Network},
};

/// How long a request waits for its user.
const REQUEST_LIFE: TimeDelta = TimeDelta::minutes(10);
/// The span in which attempts are counted.
const WINDOW: TimeDelta = TimeDelta::minutes(10);
/// Requests of one network within the span.
const REQUESTS: u32 = 30;
/// Unknown codes that one network and one user may try within the span.
const WRONG_CODES: u32 = 10;
/// Rows that ended are kept so long.
const KEPT: TimeDelta = TimeDelta::days(1);
/// Names that clients send of themselves, in characters.
const MAX_AGENT: usize = 200;
const MAX_SURFACE: usize = 60;
const DISABLED: Error = Error::FeatureDisabled(
    "agents do not sign in on this server; use an API key, or ask your administrator",
);
/// The kind of subject of audit events about requests.
const SUBJECT: &str = "agentSignIn";

/// The bounds that administrators set for sign-ins of agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInPolicy {
    pub is_allowed: bool,
    /// How long a sign-in lasts at most.
    pub days: u32,
}

impl SignInPolicy {
    fn check(self) -> Result<()> {
        if self.is_allowed {
            Ok(())
        } else {
            Err(DISABLED)
        }
    }
}

/// Facts that a client sends of itself, which nothing proves, and its address.
#[derive(Clone, Debug, Default)]
pub struct ClientFacts {
    pub address: Option<IpAddr>,
    pub agent: Option<String>,
    pub surface: Option<String>,
    pub client_id: Option<String>,
    /// Whether it cannot refresh tokens.
    pub long_lived: bool,
}

/// The service for sign-ins of agents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AgentSignIns {
    db: Database,
    clock: SharedClock,
    digester: Digester,
    api_keys: ApiKeys,
    requests: Attempts<Network>,
    wrong_codes: Attempts<Network>,
    wrong_codes_of_users: Attempts<Uuid>,
}

impl AgentSignIns {
    pub fn new(db: Database, clock: SharedClock, digester: Digester, api_keys: ApiKeys) -> Self {
        Self {
            db,
            clock,
            digester,
            api_keys,
            requests: Attempts::new(REQUESTS, WINDOW),
            wrong_codes: Attempts::new(WRONG_CODES, WINDOW),
            wrong_codes_of_users: Attempts::new(WRONG_CODES, WINDOW),
        }
    }

    /// Deletes requests and tokens that ended more than a day ago.
    pub async fn delete_old(db: &Database, clock: &SharedClock) -> Result<()> {
        let cut = clock.now() - KEPT;
        Request::delete_many()
            .filter(agent_sign_in_request::Column::ExpiresAt.lt(cut))
            .exec(db.writer())
            .await?;
        Token::delete_many()
            .filter(agent_token::Column::ExpiresAt.lt(cut))
            .exec(db.writer())
            .await?;
        Ok(())
    }

    fn digest(&self, secret: &str) -> Digest {
        self.digester.digest(secret.as_bytes())
    }
}

impl ApiKeys {
    /// The sign-ins of agents behind these keys; other keys are skipped.
    pub async fn sign_ins_of(&self, ids: &[Uuid]) -> Result<Vec<agent_sign_in::Model>> {
        let found =
            SignIn::find().filter(agent_sign_in::Column::ApiKeyId.is_in(ids.iter().copied()));
        Ok(found.all(self.db.reader()).await?)
    }
}

/// The audit subject of a request.
fn subject(row: &agent_sign_in_request::Model) -> AuditSubject {
    let subject = AuditSubject::new(SUBJECT, &row.id);
    match &row.name {
        Some(name) => subject.named(name),
        None => subject,
    }
}

/// The beginning of a text of a client, on one line.
fn shortened(text: Option<&str>, longest: usize) -> Option<String> {
    let text: String = text?
        .chars()
        .filter(|character| !character.is_control())
        .take(longest)
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_clients_are_short_and_on_one_line() {
        let shown = |text| shortened(Some(text), 5);

        assert_eq!(shown("codex/1"), Some("codex".to_owned()));
        assert_eq!(shown("a\n\u{1b}[b"), Some("a[b".to_owned()));
        assert_eq!(shown(" \r\n"), None);
        assert_eq!(shortened(None, 5), None);
    }
}
