//! Users confirm or deny the requests of agents, and end sign-ins.

use std::{collections::HashSet, net::IpAddr};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    agent_sign_in_request::{self, Entity as Request},
    api_key::{self, Entity as ApiKey},
};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, sea_query::Expr,
};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    AgentSignIns, SignInPolicy,
    request::{RequestState, redirect},
    subject,
};
use crate::{
    crypto::token,
    domain::{
        Error, Result,
        audit::{self, AuditChange, AuditContext, AuditSubject},
        login_throttle::network,
        text,
        users::api_keys::{self, KeyHolder, Revocation},
    },
};

/// How long the code that a browser takes back to the agent is valid.
const CODE_LIFE: TimeDelta = TimeDelta::minutes(2);
/// The prefix of that code.
const CODE: &str = "ppc_";

/// A request that a user has confirmed or denied.
#[derive(Debug)]
pub struct Decision {
    pub id: Uuid,
    /// Where the browser goes, if the agent waits for it there.
    pub redirect_to: Option<Url>,
}

impl AgentSignIns {
    /// The pending request with this code. Unknown codes are counted against the user and the network.
    pub async fn pending(
        &self,
        policy: SignInPolicy,
        (holder, address): (KeyHolder, Option<IpAddr>),
        code: &str,
    ) -> Result<agent_sign_in_request::Model> {
        policy.check()?;
        self.find_pending(self.db.reader(), (holder, address), code)
            .await
    }

    /// Confirms a request with the key of the caller.
    pub async fn confirm(
        &self,
        context: &AuditContext,
        policy: SignInPolicy,
        (holder, address): (KeyHolder, Option<IpAddr>),
        (code, name): (&str, &str),
    ) -> Result<Decision> {
        policy.check()?;
        let name = text::required("name", name, 100)?;
        let transaction = self.db.begin().await?;
        let acting = self.api_keys.acting_in_turn(&transaction, holder).await?;
        let row = self
            .find_pending(&transaction, (holder, address), code)
            .await?;
        let now = self.clock.now();
        decide(&transaction, row.id, now).await?;
        let (to, state) = (row.redirect_uri.clone(), row.client_state.clone());
        let mut confirmed = row.into_active_model();
        confirmed.name = Set(Some(name));
        confirmed.user_id = Set(Some(acting.user.id));
        confirmed.confirmed_with = Set(Some(acting.key.id));
        confirmed.decided_at = Set(Some(now));
        let mut redirect_to = None;
        if let Some(to) = to {
            let code = token::generate_long(CODE);
            confirmed.code_digest = Set(Some(self.digest(&code).to_vec()));
            confirmed.expires_at = Set(now + CODE_LIFE);
            let code = [("code", code.as_str())];
            redirect_to = Some(redirect(parsed(&to)?, state.as_deref(), &code));
        }
        let confirmed = confirmed.update(&transaction).await?;
        let context = context.authenticated((&acting.user).into());
        let change = AuditChange::created(subject(&confirmed), audited(&confirmed));
        audit::record(&transaction, &self.clock, &context, change).await?;
        transaction.commit().await?;
        Ok(Decision {
            id: confirmed.id,
            redirect_to,
        })
    }

    /// Denies a request.
    pub async fn deny(
        &self,
        context: &AuditContext,
        policy: SignInPolicy,
        (holder, address): (KeyHolder, Option<IpAddr>),
        code: &str,
    ) -> Result<Decision> {
        policy.check()?;
        let transaction = self.db.begin().await?;
        let acting = self.api_keys.acting_in_turn(&transaction, holder).await?;
        let row = self
            .find_pending(&transaction, (holder, address), code)
            .await?;
        let now = self.clock.now();
        decide(&transaction, row.id, now).await?;
        let (to, state) = (row.redirect_uri.clone(), row.client_state.clone());
        let mut denied = row.into_active_model();
        denied.user_id = Set(Some(acting.user.id));
        denied.decided_at = Set(Some(now));
        denied.denied_at = Set(Some(now));
        let denied = denied.update(&transaction).await?;
        let context = context.authenticated((&acting.user).into());
        let change = AuditChange::removed(subject(&denied), audited(&denied));
        audit::record(&transaction, &self.clock, &context, change).await?;
        transaction.commit().await?;
        let to = to.as_deref().map(parsed).transpose()?;
        let error = [("error", "access_denied")];
        Ok(Decision {
            id: denied.id,
            redirect_to: to.map(|to| redirect(to, state.as_deref(), &error)),
        })
    }

    /// Ends a sign-in of the caller's user and aborts its requests in flight. Any key of the user may end it.
    pub async fn revoke_own(
        &self,
        context: &AuditContext,
        holder: KeyHolder,
        id: Uuid,
    ) -> Result<api_key::Model> {
        context.about(AuditSubject::new(api_keys::SUBJECT, &id));
        let transaction = self.db.begin().await?;
        let acting = self.api_keys.acting_in_turn(&transaction, holder).await?;
        let own = ApiKey::find_by_id(id)
            .filter(api_key::Column::UserId.eq(acting.user.id))
            .filter(api_key::Column::SignedInAt.is_not_null());
        if own.one(&transaction).await?.is_none() {
            return Err(Error::NotFound { what: "sign-in" });
        }
        let ended = self
            .api_keys
            .end(&transaction, &HashSet::from([id]))
            .await?;
        let Some((Revocation::Revoked(key), Some(change))) = ended.into_iter().next() else {
            return Err(Error::Conflict(
                "this sign-in is revoked already".to_owned(),
            ));
        };
        let context = context.authenticated((&acting.user).into());
        audit::record(&transaction, &self.clock, &context, change).await?;
        transaction.commit().await?;
        self.api_keys.refresh(acting.user.id).await?;
        Ok(key)
    }

    async fn find_pending(
        &self,
        connection: &impl ConnectionTrait,
        (holder, address): (KeyHolder, Option<IpAddr>),
        code: &str,
    ) -> Result<agent_sign_in_request::Model> {
        // Counted before the look-up, so that concurrent guesses are limited too.
        let now = self.clock.now();
        let network = network(address);
        self.wrong_codes.count(network, now)?;
        self.wrong_codes_of_users.count(holder.user_id, now)?;
        let digest = self.digest_of_code(code);
        let row = Request::find()
            .filter(agent_sign_in_request::Column::UserCodeDigest.eq(digest))
            .one(connection)
            .await?;
        let row = row.ok_or_else(unknown)?;
        self.wrong_codes.take_back(&network);
        self.wrong_codes_of_users.take_back(&holder.user_id);
        match RequestState::of(&row, now) {
            RequestState::Pending => Ok(row),
            RequestState::Confirmed
            | RequestState::Denied
            | RequestState::Used
            | RequestState::Expired => Err(unknown()),
        }
    }
}

/// Marks a request as decided, unless another user was faster.
async fn decide(connection: &impl ConnectionTrait, id: Uuid, now: DateTime<Utc>) -> Result<()> {
    let decided = Request::update_many()
        .col_expr(agent_sign_in_request::Column::DecidedAt, Expr::value(now))
        .filter(agent_sign_in_request::Column::Id.eq(id))
        .filter(agent_sign_in_request::Column::DecidedAt.is_null())
        .exec(connection)
        .await?;
    if decided.rows_affected == 1 {
        Ok(())
    } else {
        Err(unknown())
    }
}

fn unknown() -> Error {
    Error::NotFound {
        what: "pending sign-in",
    }
}

fn parsed(redirect_uri: &str) -> Result<Url> {
    let url = Url::parse(redirect_uri);
    url.map_err(|error| Error::Internal(error.into()))
}

/// The fields of a request, for the audit.
fn audited(row: &agent_sign_in_request::Model) -> Value {
    json!({
        "name": row.name,
        "agent": row.agent,
        "surface": row.surface,
        "clientId": row.client_id,
        "clientIp": row.client_ip,
        "longLived": row.long_lived,
        "confirmedWith": row.confirmed_with,
    })
}
