//! All keys in memory: requests are authenticated without a query, a revocation takes effect immediately, and a client
//! with an inactive key gets the reason.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use entity::{ModelPatterns, agent_token, api_key, user};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{networks::NetworkSet, policy::SharedKeyPolicy};
use crate::{
    clock::SharedClock,
    crypto::token::{Digest, Digester},
    domain::{
        client_family::{ClientFamily, ClientFamilySet},
        ledger::UserLimits,
        models,
    },
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
    networks: Option<NetworkSet>,
    clients: Option<ClientFamilySet>,
    created_at: DateTime<Utc>,
    /// In Unix seconds. Later than the stored time by the requests of the last seconds.
    last_use: AtomicI64,
    policy: SharedKeyPolicy,
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
    /// By its own expiry or the longest life of keys.
    Expired(DateTime<Utc>),
    /// Not used for longer than keys may go unused.
    Idle(DateTime<Utc>),
    /// Of an agent's sign-in.
    SignInRevoked(DateTime<Utc>),
    /// Of an access token, or of the whole sign-in.
    SignInExpired(DateTime<Utc>),
    UserDisabled,
    UserArchived,
    /// It may not be used from this address; `None` if the address is unknown.
    WrongNetwork(Option<IpAddr>),
    /// It may not be used with this client.
    WrongClient,
}

impl KeyProblem {
    /// The error message of the control plane.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Revoked(_) => "this API key was revoked; ask your administrator for a new key",
            Self::Replaced(_) => "this API key was replaced by a new one; use that key",
            Self::Expired(_) => "this API key has expired; ask your administrator for a new key",
            Self::Idle(_) => {
                "this API key was not used for too long and has ended; ask your administrator for a new key"
            }
            Self::WrongNetwork(_) => {
                "this API key may not be used from your network; ask your administrator to allow it"
            }
            Self::WrongClient => {
                "this API key may not be used with this client; ask your administrator to allow it"
            }
            Self::SignInRevoked(_) => "this sign-in was revoked; sign in again",
            Self::SignInExpired(_) => "this access token has expired; refresh it, or sign in again",
            Self::UserDisabled => "the user of this API key is disabled; ask your administrator",
            Self::UserArchived => "the user of this API key was archived; ask your administrator",
        }
    }

    /// Ignores ends by time. Permanent reasons have precedence over a disabled user.
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
    /// When the key expires, has lived as long as keys may or, if it was replaced, ends; `None` if it does not.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        let end_of_life = self.policy.current().end_of_life(self.created_at);
        self.expires_at.into_iter().chain(end_of_life).min()
    }

    /// `None` when the stored digest is invalid.
    pub(super) fn new(
        key: api_key::Model,
        user: &user::Model,
        account: Arc<UserLimits>,
        policy: SharedKeyPolicy,
    ) -> Option<Self> {
        let clients = key.allowed_clients.as_ref();
        let clients = clients.map(|clients| clients.0.iter().map(String::as_str));
        let digest: Digest = key.digest.try_into().ok()?;
        Some(Self {
            user_id: key.user_id,
            api_key_id: key.id,
            digest,
            key_digest: digest,
            user_models: user.allowed_models.clone(),
            key_models: key.allowed_models,
            networks: key.allowed_networks.as_ref().map(NetworkSet::new),
            clients: clients.map(|clients| clients.filter_map(ClientFamily::named).collect()),
            created_at: key.created_at,
            last_use: AtomicI64::new(key.last_used_at.unwrap_or(key.created_at).timestamp()),
            policy,
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
            networks: self.networks.clone(),
            last_use: AtomicI64::new(self.last_use.load(Ordering::Relaxed)),
            policy: self.policy.clone(),
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

    /// Notes the time of a request, from which the key counts as unused.
    pub fn used(&self, now: DateTime<Utc>) {
        self.last_use.fetch_max(now.timestamp(), Ordering::Relaxed);
    }

    /// Fails unless requests may be made with this client.
    pub fn check_client(&self, client: Option<ClientFamily>) -> Result<(), KeyProblem> {
        let Some(clients) = self.clients else {
            return Ok(());
        };
        if client.is_some_and(|client| clients.contains(client)) {
            Ok(())
        } else {
            Err(KeyProblem::WrongClient)
        }
    }

    fn check_network(&self, address: Option<IpAddr>) -> Result<(), KeyProblem> {
        let Some(networks) = &self.networks else {
            return Ok(());
        };
        if address.is_some_and(|address| networks.contains(address)) {
            Ok(())
        } else {
            Err(KeyProblem::WrongNetwork(address))
        }
    }

    /// Why the key has ended, if it has.
    fn ended(&self, now: DateTime<Utc>) -> Option<KeyProblem> {
        if let Some(end) = self.expires_at().filter(|end| *end <= now) {
            return Some(if self.is_replaced && self.expires_at == Some(end) {
                KeyProblem::Replaced(end)
            } else if self.is_sign_in {
                KeyProblem::SignInExpired(end)
            } else {
                KeyProblem::Expired(end)
            });
        }
        let last_use = DateTime::from_timestamp(self.last_use.load(Ordering::Relaxed), 0)?;
        let end = self.policy.current().end_of_idleness(last_use)?;
        (end <= now).then_some(KeyProblem::Idle(end))
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

    /// The caller of an active key that may be used from any network.
    pub fn find(&self, presented: &[u8]) -> Option<Arc<Caller>> {
        self.look_up(presented, None).ok()
    }

    /// The caller of an active key that may be used from this address, or why it may not; `None` for an unknown key. Takes
    /// the same time for known and unknown keys: one digest, one look-up.
    pub fn look_up(
        &self,
        presented: &[u8],
        address: Option<IpAddr>,
    ) -> Result<Arc<Caller>, Option<KeyProblem>> {
        let digest = self.digester.digest(presented);
        self.active(&digest, address)
    }

    /// The current state of the key of a caller at this address, for the next turn of a WebSocket. A connection that began with
    /// an access token lasts as long as the sign-in.
    pub fn renew_from(
        &self,
        caller: &Caller,
        address: Option<IpAddr>,
    ) -> Result<Arc<Caller>, Option<KeyProblem>> {
        self.active(&caller.key_digest, address)
    }

    /// The current state of the key of a caller whose request was accepted from its network.
    pub fn renew(&self, caller: &Caller) -> Result<Arc<Caller>, Option<KeyProblem>> {
        self.living(&caller.key_digest)
    }

    fn active(
        &self,
        digest: &Digest,
        address: Option<IpAddr>,
    ) -> Result<Arc<Caller>, Option<KeyProblem>> {
        let caller = self.living(digest)?;
        caller.check_network(address).map_err(Some)?;
        Ok(caller)
    }

    fn living(&self, digest: &Digest) -> Result<Arc<Caller>, Option<KeyProblem>> {
        match self.keys.load().get(digest) {
            Some(KnownKey::Active(caller)) => match caller.ended(self.clock.now()) {
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
