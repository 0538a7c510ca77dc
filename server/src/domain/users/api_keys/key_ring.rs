//! All keys in memory: requests are authenticated without a query, a revocation takes effect immediately, and a client
//! with an inactive key gets the reason.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use entity::{ModelPatterns, agent_token, api_key, user};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    clock::SharedClock,
    crypto::token::{Digest, Digester},
    domain::{ledger::UserLimits, models},
};

/// An active key and its user, as the gateway needs them.
#[derive(Debug)]
pub struct Caller {
    pub user_id: Uuid,
    pub api_key_id: Uuid,
    /// Of the key, or of the token that acts as it.
    digest: Digest,
    key_digest: Digest,
    user_models: Option<ModelPatterns>,
    key_models: Option<ModelPatterns>,
    expires_at: Option<DateTime<Utc>>,
    /// Whether a rotation has set the expiry.
    is_replaced: bool,
    /// Whether the key is that of an agent's sign-in.
    is_sign_in: bool,
    account: Arc<UserLimits>,
    revoked: CancellationToken,
}

/// Why a known key does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    Revoked(DateTime<Utc>),
    /// By the key of a rotation.
    Replaced(DateTime<Utc>),
    Expired(DateTime<Utc>),
    /// Of an agent's sign-in.
    SignInRevoked(DateTime<Utc>),
    /// Of an access token, or of the whole sign-in.
    SignInExpired(DateTime<Utc>),
    UserDisabled,
    UserArchived,
}

impl KeyProblem {
    /// The error message of the control plane.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Revoked(_) => "this API key was revoked; ask your administrator for a new key",
            Self::Replaced(_) => "this API key was replaced by a new one; use that key",
            Self::Expired(_) => "this API key has expired; ask your administrator for a new key",
            Self::SignInRevoked(_) => "this sign-in was revoked; sign in again",
            Self::SignInExpired(_) => "this access token has expired; refresh it, or sign in again",
            Self::UserDisabled => "the user of this API key is disabled; ask your administrator",
            Self::UserArchived => "the user of this API key was archived; ask your administrator",
        }
    }

    /// Ignores the expiry. Permanent reasons have precedence over a disabled user.
    pub(super) fn of(key: &api_key::Model, user: &user::Model) -> Option<Self> {
        if user.archived_at.is_some() {
            return Some(Self::UserArchived);
        }
        if let Some(at) = key.revoked_at {
            return Some(match (key.replaced_by, key.signed_in_at) {
                (Some(_), _) => Self::Replaced(at),
                (None, Some(_)) => Self::SignInRevoked(at),
                (None, None) => Self::Revoked(at),
            });
        }
        (!user.enabled).then_some(Self::UserDisabled)
    }
}

/// A key that does not work.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndedKey {
    user_id: Uuid,
    digest: Digest,
    problem: KeyProblem,
}

impl EndedKey {
    /// `None` when the stored digest is invalid.
    pub(super) fn new(key: api_key::Model, problem: KeyProblem) -> Option<Self> {
        Some(Self {
            user_id: key.user_id,
            digest: key.digest.try_into().ok()?,
            problem,
        })
    }

    /// The same for a token of a sign-in.
    pub(super) fn of_token(&self, token: agent_token::Model) -> Option<Self> {
        Some(Self {
            digest: token.digest.try_into().ok()?,
            ..*self
        })
    }
}

#[derive(Clone, Debug)]
pub(super) enum KnownKey {
    Active(Arc<Caller>),
    Ended(EndedKey),
}

impl KnownKey {
    fn digest(&self) -> Digest {
        match self {
            Self::Active(caller) => caller.digest,
            Self::Ended(ended) => ended.digest,
        }
    }

    fn user_id(&self) -> Uuid {
        match self {
            Self::Active(caller) => caller.user_id,
            Self::Ended(ended) => ended.user_id,
        }
    }

    fn caller(&self) -> Option<&Arc<Caller>> {
        match self {
            Self::Active(caller) => Some(caller),
            Self::Ended(_) => None,
        }
    }

    /// The same with the revocation of earlier callers with the key, so that requests which began before a change are
    /// aborted too.
    fn with_revocations(mut self, revocations: &HashMap<Uuid, CancellationToken>) -> Self {
        if let Self::Active(caller) = &mut self
            && let Some(revoked) = revocations.get(&caller.api_key_id)
            && let Some(caller) = Arc::get_mut(caller)
        {
            caller.revoked = revoked.clone();
        }
        self
    }
}

impl Caller {
    /// When the key expires or, if it was replaced, ends; `None` if it does not.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// `None` when the stored digest is invalid.
    pub(super) fn new(
        key: api_key::Model,
        user: &user::Model,
        account: Arc<UserLimits>,
    ) -> Option<Self> {
        let digest: Digest = key.digest.try_into().ok()?;
        Some(Self {
            user_id: key.user_id,
            api_key_id: key.id,
            digest,
            key_digest: digest,
            user_models: user.allowed_models.clone(),
            key_models: key.allowed_models,
            expires_at: key.expires_at,
            is_replaced: key.replaced_by.is_some(),
            is_sign_in: key.signed_in_at.is_some(),
            account,
            revoked: CancellationToken::new(),
        })
    }

    /// The same caller with a token of its sign-in.
    pub(super) fn with_token(&self, token: agent_token::Model) -> Option<Self> {
        let end = self.expires_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
        Some(Self {
            digest: token.digest.try_into().ok()?,
            user_models: self.user_models.clone(),
            key_models: self.key_models.clone(),
            expires_at: Some(token.expires_at.min(end)),
            account: Arc::clone(&self.account),
            revoked: self.revoked.clone(),
            ..*self
        })
    }

    /// Whether both the user and the key allow this model.
    pub fn may_use(&self, model: &str) -> bool {
        [&self.user_models, &self.key_models]
            .into_iter()
            .flatten()
            .all(|patterns| models::matches(patterns, model))
    }

    /// Whether an allow-list limits the models.
    pub fn is_restricted(&self) -> bool {
        self.user_models.is_some() || self.key_models.is_some()
    }

    /// Whether limits depend on the model, which must then be certain.
    pub fn has_limits_by_model(&self) -> bool {
        self.is_restricted() || self.account.depends_on_model()
    }

    /// The limits of the user.
    pub fn account(&self) -> &Arc<UserLimits> {
        &self.account
    }

    /// Cancelled when the key is revoked or its user disabled.
    pub fn revoked(&self) -> &CancellationToken {
        &self.revoked
    }

    fn expired(&self, now: DateTime<Utc>) -> Option<KeyProblem> {
        let end = self.expires_at.filter(|end| *end <= now)?;
        Some(if self.is_replaced {
            KeyProblem::Replaced(end)
        } else if self.is_sign_in {
            KeyProblem::SignInExpired(end)
        } else {
            KeyProblem::Expired(end)
        })
    }
}

type Keys = HashMap<Digest, KnownKey>;

/// All keys, by digest. Reading takes no lock; a change replaces the map.
#[derive(Clone, Debug)]
pub struct KeyRing {
    digester: Digester,
    clock: SharedClock,
    keys: Arc<ArcSwap<Keys>>,
}

impl KeyRing {
    pub(super) fn new(digester: Digester, clock: SharedClock) -> Self {
        Self {
            digester,
            clock,
            keys: Arc::default(),
        }
    }

    /// The caller of an active key.
    pub fn find(&self, presented: &[u8]) -> Option<Arc<Caller>> {
        self.look_up(presented).ok()
    }

    /// The caller of an active key, or why the key does not work; `None` for an unknown key. Takes the same time for
    /// known and unknown keys: one digest, one look-up.
    pub fn look_up(&self, presented: &[u8]) -> Result<Arc<Caller>, Option<KeyProblem>> {
        let digest = self.digester.digest(presented);
        self.active(&digest)
    }

    /// The current state of a caller's key, for the next turn of a WebSocket. A connection that began with an access
    /// token lasts as long as the sign-in.
    pub fn renew(&self, caller: &Caller) -> Result<Arc<Caller>, Option<KeyProblem>> {
        self.active(&caller.key_digest)
    }

    fn active(&self, digest: &Digest) -> Result<Arc<Caller>, Option<KeyProblem>> {
        match self.keys.load().get(digest) {
            Some(KnownKey::Active(caller)) => match caller.expired(self.clock.now()) {
                Some(problem) => Err(Some(problem)),
                None => Ok(Arc::clone(caller)),
            },
            Some(KnownKey::Ended(ended)) => Err(Some(ended.problem)),
            None => Err(None),
        }
    }

    pub(super) fn replace_all(&self, keys: impl Iterator<Item = KnownKey>) {
        self.keys.store(Arc::new(by_digest(keys).collect()));
    }

    /// Replaces the keys of users and cancels the callers of those that are no longer active.
    pub(super) fn replace_users(
        &self,
        user_ids: &HashSet<Uuid>,
        keys: impl Iterator<Item = KnownKey>,
    ) {
        let old = self.keys.load_full();
        let callers = old.values().filter_map(KnownKey::caller);
        let before: Vec<&Arc<Caller>> = callers
            .filter(|caller| user_ids.contains(&caller.user_id))
            .collect();
        let mut revocations: HashMap<Uuid, CancellationToken> = before
            .iter()
            .map(|caller| (caller.api_key_id, caller.revoked.clone()))
            .collect();
        let new: Vec<KnownKey> = keys.map(|key| key.with_revocations(&revocations)).collect();
        let mut all: Keys = (*old).clone();
        all.retain(|_, key| !user_ids.contains(&key.user_id()));
        for key in new.iter().filter_map(KnownKey::caller) {
            revocations.remove(&key.api_key_id);
        }
        all.extend(by_digest(new.into_iter()));
        self.keys.store(Arc::new(all));
        for revoked in revocations.values() {
            revoked.cancel();
        }
    }
}

fn by_digest(keys: impl Iterator<Item = KnownKey>) -> impl Iterator<Item = (Digest, KnownKey)> {
    keys.map(|key| (key.digest(), key))
}
