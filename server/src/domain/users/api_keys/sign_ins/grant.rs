//! Exchanges codes and refresh tokens for tokens, and signs agents out.

use std::{collections::HashSet, net::IpAddr};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    agent_sign_in::{self, Entity as SignIn},
    agent_sign_in_request::{self, Entity as Request},
    agent_token::{self, AgentTokenKind, Entity as Token},
    api_key::{self, Entity as ApiKey},
    user::{self, Entity as User},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _, sea_query::Expr,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use url::Url;
use uuid::Uuid;

use super::{
    AgentSignIns, GrantError, SignInPolicy,
    request::RequestState,
    tokens::{IssuedTokens, end_of},
};
use crate::domain::{
    Error, Result,
    audit::{self, Actor, AuditChange, AuditContext},
    login_throttle::network,
    users::api_keys::{
        KeyHolder, KeyLife, KeyProblem, NewOwnKey, Revocation, audited, own::Acting, subject,
    },
};

type Granted<T> = std::result::Result<T, GrantError>;

/// Clients that poll faster get `slow_down`. A second less than the interval that they are given, for clocks and networks.
const POLL_INTERVAL: TimeDelta = TimeDelta::seconds(4);
/// How long a refresh token that was exchanged gives the same answer again, to the network that exchanged it: the answer
/// may be lost, and processes that share tokens refresh at the same time.
const REFRESH_GRACE: TimeDelta = TimeDelta::seconds(30);
/// Sign-ins of one user that have not ended.
const MAX_SIGN_INS: u64 = 50;
const UNKNOWN_CODE: GrantError =
    GrantError::Invalid("the code is unknown or has expired; start the sign-in again");
const USED_CODE: GrantError =
    GrantError::Invalid("the code was used already; start the sign-in again");
const UNKNOWN_TOKEN: GrantError =
    GrantError::Invalid("the refresh token is unknown or has expired; sign in again");
const REUSED_TOKEN: GrantError = GrantError::Invalid(
    "the refresh token was used before, so the sign-in has ended; sign in again",
);
const ENDED: GrantError = GrantError::Invalid(
    "the sign-in, the key that confirmed it or its user has ended; sign in again, or ask your administrator",
);
const SIGN_IN: &str = "signInAgent";
const SIGN_OUT: &str = "signOutAgent";
const REUSE: &str = "reuseRefreshToken";
const REPLAY: &str = "replayAuthorizationCode";

/// A request for tokens.
#[derive(Debug)]
pub enum GrantRequest {
    Device {
        device_code: SecretString,
    },
    Code {
        code: SecretString,
        verifier: SecretString,
        redirect_uri: String,
        client_id: Option<String>,
    },
    Refresh {
        refresh_token: SecretString,
    },
}

impl AgentSignIns {
    /// Exchanges a code or a refresh token for tokens.
    pub async fn grant(
        &self,
        policy: SignInPolicy,
        request: GrantRequest,
        address: Option<IpAddr>,
    ) -> Granted<IssuedTokens> {
        if !policy.is_allowed {
            return Err(ENDED);
        }
        match request {
            GrantRequest::Device { device_code } => {
                let row = self.find_code(&device_code, false).await?;
                self.poll(policy, &row, address).await
            }
            GrantRequest::Code {
                code,
                verifier,
                redirect_uri,
                client_id,
            } => {
                let row = self.find_code(&code, true).await?;
                let is_same = |url: Url| row.redirect_uri.as_deref() == Some(url.as_str());
                let is_ours = Url::parse(&redirect_uri).is_ok_and(is_same)
                    && (row.client_id.is_none() || row.client_id == client_id)
                    && matches_challenge(&verifier, row.code_challenge.as_deref());
                if !is_ours {
                    return Err(GrantError::Invalid(
                        "code_verifier, redirect_uri or client_id does not belong to this code",
                    ));
                }
                self.exchange(policy, &row, address).await
            }
            GrantRequest::Refresh { refresh_token } => self.refresh(&refresh_token, address).await,
        }
    }

    async fn find_code(
        &self,
        code: &SecretString,
        of_browser: bool,
    ) -> Granted<agent_sign_in_request::Model> {
        let digest = self.digest(code.expose_secret()).to_vec();
        let row = Request::find()
            .filter(agent_sign_in_request::Column::CodeDigest.eq(digest))
            .one(self.db.writer())
            .await?;
        let row = row.filter(|row| row.redirect_uri.is_some() == of_browser);
        row.ok_or(UNKNOWN_CODE)
    }

    /// A poll of a device.
    async fn poll(
        &self,
        policy: SignInPolicy,
        row: &agent_sign_in_request::Model,
        address: Option<IpAddr>,
    ) -> Granted<IssuedTokens> {
        let now = self.clock.now();
        match RequestState::of(row, now) {
            RequestState::Pending => Err(self.note_poll(row, now).await?),
            RequestState::Confirmed => self.redeem(policy, row.id, address).await,
            RequestState::Denied => Err(GrantError::Denied),
            RequestState::Used => Err(USED_CODE),
            RequestState::Expired => Err(GrantError::Expired),
        }
    }

    async fn note_poll(
        &self,
        row: &agent_sign_in_request::Model,
        now: DateTime<Utc>,
    ) -> Result<GrantError> {
        Request::update_many()
            .col_expr(agent_sign_in_request::Column::PolledAt, Expr::value(now))
            .filter(agent_sign_in_request::Column::Id.eq(row.id))
            .exec(self.db.writer())
            .await?;
        let is_early = row
            .polled_at
            .is_some_and(|polled| (now - polled).abs() < POLL_INTERVAL);
        Ok(if is_early {
            GrantError::SlowDown
        } else {
            GrantError::Pending
        })
    }

    /// Exchanges the code that a browser took back to its agent.
    async fn exchange(
        &self,
        policy: SignInPolicy,
        row: &agent_sign_in_request::Model,
        address: Option<IpAddr>,
    ) -> Granted<IssuedTokens> {
        match RequestState::of(row, self.clock.now()) {
            RequestState::Confirmed => self.redeem(policy, row.id, address).await,
            RequestState::Used => {
                // Another program has the code too: RFC 6749, section 4.1.2.
                if let Some(id) = row.api_key_id {
                    let context = anonymous(REPLAY, address);
                    self.end(&context, id).await?;
                }
                Err(USED_CODE)
            }
            RequestState::Pending | RequestState::Denied | RequestState::Expired => {
                Err(UNKNOWN_CODE)
            }
        }
    }

    /// Creates the sign-in of a confirmed request, within the bounds that the confirming key has now.
    async fn redeem(
        &self,
        policy: SignInPolicy,
        id: Uuid,
        address: Option<IpAddr>,
    ) -> Granted<IssuedTokens> {
        let keys = &self.api_keys;
        let _turn = keys.ledger.turn().await;
        let access = keys.access.turn().await;
        let transaction = self.db.begin().await?;
        let now = self.clock.now();
        let row = take(&transaction, id, now).await?;
        let acting = self.confirming(&transaction, &row).await?;
        self.check_room(&transaction, acting.user.id).await?;
        keys.check_day(&transaction, acting.user.id).await?;
        let new = NewOwnKey {
            name: row.name.clone().unwrap_or_default(),
            expires_at: Some(self.end_of_sign_in(policy, &acting.key)),
            ..NewOwnKey::default()
        };
        let issued = keys
            .insert_within(&access, &transaction, &acting, new)
            .await?;
        let key = without_secret(&transaction, issued.api_key, now).await?;
        remember(&transaction, &row, &key).await?;
        let (access_token, expires_in) = self
            .issue_access(&transaction, &key, row.long_lived)
            .await?;
        let refresh_token = if row.long_lived {
            None
        } else {
            Some(self.issue_refresh(&transaction, &key).await?)
        };
        let mut after = audited(&key);
        after["agentSignInId"] = json!(row.id);
        let created = AuditChange::created(subject(&key), after);
        let actor = Actor::from(&acting.user);
        let context = AuditContext::new(actor, text_of(address), SIGN_IN);
        audit::record(&transaction, &self.clock, &context, created).await?;
        access.commit(transaction).await?;
        keys.refresh(key.user_id).await?;
        Ok(IssuedTokens {
            access_token,
            expires_in,
            refresh_token,
        })
    }

    /// The user and key that confirmed a request, if they have not ended since.
    async fn confirming(
        &self,
        transaction: &DatabaseTransaction,
        row: &agent_sign_in_request::Model,
    ) -> Granted<Acting> {
        let (Some(user_id), Some(api_key_id)) = (row.user_id, row.confirmed_with) else {
            return Err(UNKNOWN_CODE);
        };
        let holder = KeyHolder {
            user_id,
            api_key_id,
        };
        let acting = self.api_keys.acting_in_turn(transaction, holder).await;
        acting.map_err(|error| {
            if matches!(error, Error::Internal(_)) {
                error.into()
            } else {
                ENDED
            }
        })
    }

    /// The end of a sign-in that begins now, no later than that of the key that confirmed it.
    fn end_of_sign_in(&self, policy: SignInPolicy, key: &api_key::Model) -> DateTime<Utc> {
        let end = self.clock.now() + TimeDelta::days(policy.days.into());
        let of_key = self.api_keys.policy().end_if_used(KeyLife::of(key));
        of_key.map_or(end, |other| other.min(end))
    }

    async fn check_room(&self, connection: &impl ConnectionTrait, user_id: Uuid) -> Result<()> {
        let active = ApiKey::find()
            .filter(api_key::Column::UserId.eq(user_id))
            .filter(api_key::Column::SignedInAt.is_not_null())
            .filter(api_key::Column::RevokedAt.is_null())
            .filter(api_key::Column::ExpiresAt.gt(self.clock.now()));
        if active.count(connection).await? < MAX_SIGN_INS {
            return Ok(());
        }
        Err(Error::Conflict(format!(
            "you have {MAX_SIGN_INS} sign-ins; end one first on the page of your keys"
        )))
    }

    async fn refresh(
        &self,
        presented: &SecretString,
        address: Option<IpAddr>,
    ) -> Granted<IssuedTokens> {
        let transaction = self.db.begin().await?;
        let now = self.clock.now();
        let digest = self.digest(presented.expose_secret()).to_vec();
        let token = find_token(&transaction, digest).await?;
        let token = token.filter(|token| token.kind == AgentTokenKind::Refresh);
        let token = token.ok_or(UNKNOWN_TOKEN)?;
        let (key, sign_in) = self.active_sign_in(&transaction, token.api_key_id).await?;
        let successor = self.successor(presented.expose_secret());
        let is_first = token.replaced_at.is_none();
        if is_first {
            let mut replaced = token.into_active_model();
            replaced.replaced_at = Set(Some(now));
            replaced.update(&transaction).await?;
            let kind = AgentTokenKind::Refresh;
            let secret = successor.expose_secret();
            self.store_token(&transaction, &key, kind, secret, end_of(&key))
                .await?;
        } else if !self
            .may_repeat(&transaction, (&token, &sign_in), &successor, address)
            .await?
        {
            transaction.rollback().await?;
            self.end(&anonymous(REUSE, address), key.id).await?;
            return Err(REUSED_TOKEN);
        }
        let (access_token, expires_in) = self.issue_access(&transaction, &key, false).await?;
        let mut sign_in = sign_in.into_active_model();
        sign_in.refreshed_at = Set(Some(now));
        sign_in.refreshed_from = Set(text_of(address));
        sign_in.update(&transaction).await?;
        transaction.commit().await?;
        self.api_keys.refresh(key.user_id).await?;
        Ok(IssuedTokens {
            access_token,
            expires_in,
            refresh_token: Some(successor),
        })
    }

    /// Whether a token that was exchanged may be exchanged again: soon, from the same network, and while its successor is
    /// not used.
    async fn may_repeat(
        &self,
        transaction: &DatabaseTransaction,
        (token, sign_in): (&agent_token::Model, &agent_sign_in::Model),
        successor: &SecretString,
        address: Option<IpAddr>,
    ) -> Result<bool> {
        let now = self.clock.now();
        let is_recent = token
            .replaced_at
            .is_some_and(|at| (now - at).abs() <= REFRESH_GRACE);
        let before = sign_in.refreshed_from.as_deref();
        let before = before.and_then(|address| address.parse().ok());
        if !is_recent || network(before) != network(address) {
            return Ok(false);
        }
        let digest = self.digest(successor.expose_secret()).to_vec();
        let next = find_token(transaction, digest).await?;
        Ok(next.is_some_and(|next| next.replaced_at.is_none()))
    }

    /// The key of a sign-in that has not ended, and whose user may make requests.
    async fn active_sign_in(
        &self,
        transaction: &DatabaseTransaction,
        id: Uuid,
    ) -> Granted<(api_key::Model, agent_sign_in::Model)> {
        let (key, user) = key_and_user(transaction, id).await?.ok_or(ENDED)?;
        let sign_in = SignIn::find_by_id(id).one(transaction).await?;
        let is_over = KeyProblem::of(&key, &user).is_some()
            || !self.api_keys.is_active(&key, self.clock.now());
        match sign_in {
            Some(sign_in) if !is_over => Ok((key, sign_in)),
            Some(_) | None => Err(ENDED),
        }
    }

    /// Ends the sign-in of an access or refresh token. An unknown token is no error: RFC 7009.
    pub async fn sign_out(&self, presented: &SecretString, address: Option<IpAddr>) -> Result<()> {
        let digest = self.digest(presented.expose_secret()).to_vec();
        let Some(token) = find_token(self.db.writer(), digest).await? else {
            return Ok(());
        };
        let found = key_and_user(self.db.writer(), token.api_key_id).await?;
        let Some((key, user)) = found else {
            return Ok(());
        };
        let context = AuditContext::new(Actor::from(&user), text_of(address), SIGN_OUT);
        self.end(&context, key.id).await
    }

    /// Ends a sign-in and aborts its requests in flight, unless it has ended.
    async fn end(&self, context: &AuditContext, id: Uuid) -> Result<()> {
        let transaction = self.db.begin().await?;
        let ended = self
            .api_keys
            .end(&transaction, &HashSet::from([id]))
            .await?;
        let Some((Revocation::Revoked(key), Some(change))) = ended.into_iter().next() else {
            return Ok(());
        };
        audit::record(&transaction, &self.clock, context, change).await?;
        transaction.commit().await?;
        self.api_keys.refresh(key.user_id).await
    }
}

/// Marks a confirmed request as used, unless another caller was faster.
async fn take(
    transaction: &DatabaseTransaction,
    id: Uuid,
    now: DateTime<Utc>,
) -> Granted<agent_sign_in_request::Model> {
    let taken = Request::update_many()
        .col_expr(agent_sign_in_request::Column::UsedAt, Expr::value(now))
        .filter(agent_sign_in_request::Column::Id.eq(id))
        .filter(agent_sign_in_request::Column::UsedAt.is_null())
        .exec(transaction)
        .await?;
    if taken.rows_affected != 1 {
        return Err(USED_CODE);
    }
    let row = Request::find_by_id(id).one(transaction).await?;
    row.ok_or(UNKNOWN_CODE)
}

/// The key of a sign-in: no secret belongs to it.
async fn without_secret(
    transaction: &DatabaseTransaction,
    key: api_key::Model,
    now: DateTime<Utc>,
) -> Result<api_key::Model> {
    let mut key = key.into_active_model();
    key.signed_in_at = Set(Some(now));
    key.prefix = Set(String::new());
    key.last_four = Set(String::new());
    Ok(key.update(transaction).await?)
}

/// Stores what the agent has sent of itself, and which request the sign-in belongs to.
async fn remember(
    transaction: &DatabaseTransaction,
    row: &agent_sign_in_request::Model,
    key: &api_key::Model,
) -> Result<()> {
    let sign_in = agent_sign_in::ActiveModel {
        api_key_id: Set(key.id),
        client_id: Set(row.client_id.clone()),
        agent: Set(row.agent.clone()),
        surface: Set(row.surface.clone()),
        client_ip: Set(row.client_ip.clone()),
        created_at: Set(key.created_at),
        refreshed_at: Set(None),
        refreshed_from: Set(None),
    };
    sign_in.insert(transaction).await?;
    let mut row = row.clone().into_active_model();
    row.api_key_id = Set(Some(key.id));
    row.update(transaction).await?;
    Ok(())
}

async fn find_token(
    connection: &impl ConnectionTrait,
    digest: Vec<u8>,
) -> Result<Option<agent_token::Model>> {
    let found = Token::find()
        .filter(agent_token::Column::Digest.eq(digest))
        .lock_exclusive();
    Ok(found.one(connection).await?)
}

async fn key_and_user(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<(api_key::Model, user::Model)>> {
    let found = ApiKey::find_by_id(id)
        .find_also_related(User)
        .one(connection)
        .await?;
    Ok(found.and_then(|(key, user)| Some((key, user?))))
}

/// Whether the verifier is the one of this challenge: RFC 7636, method S256.
fn matches_challenge(verifier: &SecretString, challenge: Option<&str>) -> bool {
    let hash = Sha256::digest(verifier.expose_secret());
    let expected = BASE64_URL_SAFE_NO_PAD.encode(hash);
    challenge.is_some_and(|challenge| expected.as_bytes().ct_eq(challenge.as_bytes()).into())
}

fn anonymous(action: &str, address: Option<IpAddr>) -> AuditContext {
    AuditContext::new(Actor::anonymous(), text_of(address), action)
}

fn text_of(address: Option<IpAddr>) -> Option<String> {
    address.map(|address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_matches_its_own_challenge_only() {
        // The example of RFC 7636, appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

        assert!(matches_challenge(&verifier, Some(challenge)));
        assert!(!matches_challenge(
            &SecretString::from("x"),
            Some(challenge)
        ));
        assert!(!matches_challenge(&verifier, None));
        assert!(!matches_challenge(&verifier, Some("")));
    }
}
