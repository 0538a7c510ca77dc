//! Every living key in memory, so that a request is authenticated without asking the database and a
//! revocation takes effect at once.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use entity::{ModelPatterns, api_key, user};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    clock::SharedClock,
    crypto::token::{Digest, Digester},
    domain::{ledger::Account, models},
};

/// A living key and whose it is, as the gateway needs it.
#[derive(Debug)]
pub struct Caller {
    pub user_id: Uuid,
    pub api_key_id: Uuid,
    digest: Digest,
    user_models: Option<ModelPatterns>,
    key_models: Option<ModelPatterns>,
    expires_at: Option<DateTime<Utc>>,
    account: Arc<Account>,
    revoked: CancellationToken,
}

impl Caller {
    /// The caller behind a key; `None` when the row holds no digest of ours.
    pub(super) fn new(
        key: api_key::Model,
        user: &user::Model,
        account: Arc<Account>,
    ) -> Option<Self> {
        Some(Self {
            user_id: key.user_id,
            api_key_id: key.id,
            digest: key.digest.try_into().ok()?,
            user_models: user.allowed_models.clone(),
            key_models: key.allowed_models,
            expires_at: key.expires_at,
            account,
            revoked: CancellationToken::new(),
        })
    }

    /// Whether both the user and the key allow this model.
    pub fn may_use(&self, model: &str) -> bool {
        [&self.user_models, &self.key_models]
            .into_iter()
            .flatten()
            .all(|patterns| models::matches(patterns, model))
    }

    /// Whether there are models that this caller may not use.
    pub fn is_restricted(&self) -> bool {
        self.user_models.is_some() || self.key_models.is_some()
    }

    /// Whether what this caller may do depends on the model: it must then be certain.
    pub fn has_limits_by_model(&self) -> bool {
        self.is_restricted() || self.account.depends_on_model()
    }

    /// What the user may use.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Ends when the key is revoked or its user disabled.
    pub fn revoked(&self) -> &CancellationToken {
        &self.revoked
    }

    fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

type Callers = HashMap<Digest, Arc<Caller>>;

/// All living keys, by digest. Reading takes no lock; a change replaces the map.
#[derive(Clone, Debug)]
pub struct KeyRing {
    digester: Digester,
    clock: SharedClock,
    callers: Arc<ArcSwap<Callers>>,
}

impl KeyRing {
    pub(super) fn new(digester: Digester, clock: SharedClock) -> Self {
        Self {
            digester,
            clock,
            callers: Arc::default(),
        }
    }

    /// The caller behind what a client presented. It takes as long for a key that exists as for one
    /// that does not: one digest, one look-up.
    pub fn find(&self, presented: &[u8]) -> Option<Arc<Caller>> {
        let digest = self.digester.digest(presented);
        self.living(&digest)
    }

    /// The same key as it stands now: a connection that lives long asks again before each turn.
    pub fn renew(&self, caller: &Caller) -> Option<Arc<Caller>> {
        self.living(&caller.digest)
    }

    fn living(&self, digest: &Digest) -> Option<Arc<Caller>> {
        let caller = self.callers.load().get(digest).cloned()?;
        (!caller.is_expired(self.clock.now())).then_some(caller)
    }

    pub(super) fn replace_all(&self, callers: impl Iterator<Item = Caller>) {
        self.callers.store(Arc::new(by_digest(callers).collect()));
    }

    /// Puts a user's keys in place of those they had. Keys that are gone are revoked wherever they are
    /// in use.
    pub(super) fn replace_user(&self, user_id: Uuid, callers: impl Iterator<Item = Caller>) {
        let new: Callers = by_digest(callers).collect();
        let old = self.callers.load_full();
        let mut all: Callers = (*old).clone();
        all.retain(|_, caller| caller.user_id != user_id);
        all.extend(
            new.iter()
                .map(|(digest, caller)| (*digest, Arc::clone(caller))),
        );
        self.callers.store(Arc::new(all));
        old.values()
            .filter(|caller| caller.user_id == user_id && !new.contains_key(&caller.digest))
            .for_each(|caller| caller.revoked.cancel());
    }
}

fn by_digest(callers: impl Iterator<Item = Caller>) -> impl Iterator<Item = (Digest, Arc<Caller>)> {
    callers.map(|caller| (caller.digest, Arc::new(caller)))
}
