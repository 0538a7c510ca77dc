//! The limits of one user and their keys. One lock guards them all, so that they are checked and taken in one
//! step.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use entity::{RateLimit, request};
use uuid::Uuid;

use super::{
    gcra::{Gcra, Rate},
    quota_state::{Amounts, Charge, ProviderSet, QuotaRequest, QuotaState},
    rate_limits::RateLimits,
    reservation::{HeldLimits, HeldQuota, LimitError, RateLimitStatus, RequestSlot, Reservation},
};
use crate::domain::{model_name::routed_as, models::AliasTable};

/// Rejected requests of one user that are recorded per minute.
const RECORDED_REJECTIONS: u64 = 60;

/// The part of a request that limits depend on.
#[derive(Clone, Copy, Debug)]
pub struct LimitRequest<'a> {
    pub api_key_id: Uuid,
    /// As the engine routes it.
    pub model: Option<&'a str>,
    /// The target of an alias: the request counts under both names.
    pub target: Option<&'a str>,
    /// False for requests that generate nothing, which use no tokens and count in no quota.
    pub is_metered: bool,
    /// The estimated maximum usage.
    pub estimate: Amounts,
    /// The certain maximum usage; `None` when unbounded.
    pub ceiling: Option<Amounts>,
    pub at: DateTime<Utc>,
    /// For users without own rate limits.
    pub defaults: RateLimit,
}

/// The limits of one user and their usage.
#[derive(Debug)]
pub struct UserLimits {
    /// The origin of the rate limiters' time.
    origin: Instant,
    state: Mutex<State>,
    /// Whether any quota is strict.
    is_strict: AtomicBool,
    /// Whether any quota depends on the model, by a pattern or by its price.
    depends_on_model: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    user: RateLimits,
    keys: HashMap<Uuid, RateLimits>,
    meters: Vec<QuotaState>,
    /// When usage was last reset, in microseconds since 1970.
    reset_at: Option<i64>,
    /// Limits how many rejected requests are recorded.
    refusals: Gcra,
}

/// The slot of a request, or why it is rejected, and the state of the requests per minute.
#[derive(Debug)]
pub struct Start {
    pub slot: Result<RequestSlot, LimitError>,
    /// `None` without a limit on requests per minute.
    pub pacing: Option<RateLimitStatus>,
}

impl Default for UserLimits {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
            state: Mutex::default(),
            is_strict: AtomicBool::default(),
            depends_on_model: AtomicBool::default(),
        }
    }
}

impl UserLimits {
    /// Takes one of the concurrent requests and one of the requests per minute, of both user and key or of
    /// neither.
    pub(super) fn start(self: &Arc<Self>, api_key_id: Uuid, defaults: RateLimit) -> Start {
        let now = self.origin.elapsed();
        let mut state = self.lock();
        let checked = state.check_start(api_key_id, defaults, now);
        let slot = checked.map(|()| {
            state.start(api_key_id, defaults, now);
            RequestSlot::new(Arc::clone(self), api_key_id)
        });
        Start {
            slot,
            pacing: state.pacing(api_key_id, defaults, now),
        }
    }

    /// Reserves the estimated usage from every limit that applies, or from none; an error returns the slot.
    pub(super) fn reserve(
        slot: RequestSlot,
        request: &LimitRequest<'_>,
        providers: ProviderSet,
    ) -> Result<Reservation, (LimitError, RequestSlot)> {
        let account = slot.account();
        let now = account.origin.elapsed();
        let quota_request = quota_request(request, providers);
        let mut state = account.lock();
        match state.check(request, &quota_request, now) {
            Ok(()) => {
                let held = state.take(request, &quota_request, now);
                drop(state);
                Ok(slot.into_reservation(held))
            }
            Err(limited) => {
                drop(state);
                Err((limited, slot))
            }
        }
    }

    /// Frees one of the concurrent requests.
    pub(super) fn finish(&self, api_key_id: Uuid) {
        self.lock().end(api_key_id, RateLimits::finish);
    }

    /// Frees one of the concurrent requests and returns one of the requests per minute.
    pub(super) fn refund(&self, api_key_id: Uuid) {
        self.lock().end(api_key_id, |rate_limits| {
            rate_limits.finish();
            rate_limits.refund();
        });
    }

    /// Whether a quota needs an upper bound of a request's usage.
    pub fn is_strict(&self) -> bool {
        self.is_strict.load(Ordering::Relaxed)
    }

    /// Whether a quota needs the model of a request.
    pub fn depends_on_model(&self) -> bool {
        self.depends_on_model.load(Ordering::Relaxed)
    }

    /// Whether a rejected request may be recorded. Limited, so that a client that retries in a loop does not
    /// fill the database.
    pub fn may_record_refusal(&self) -> bool {
        let now = self.origin.elapsed();
        let taken = self.lock().refusals.take(rate(RECORDED_REJECTIONS), 1, now);
        taken.is_none()
    }

    /// Counts an open WebSocket until [`UserLimits::close_socket`].
    pub(super) fn open_socket(
        &self,
        api_key_id: Uuid,
        defaults: RateLimit,
    ) -> Result<(), LimitError> {
        let mut state = self.lock();
        state.each_holder(api_key_id, |rate_limits, name| {
            rate_limits.check_socket(defaults, name)
        })?;
        state.each_holder(api_key_id, |rate_limits, _| {
            rate_limits.sockets += 1;
            Ok::<_, LimitError>(())
        })
    }

    pub(super) fn close_socket(&self, api_key_id: Uuid) {
        let _ = self.lock().each_holder(api_key_id, |rate_limits, _| {
            rate_limits.sockets = rate_limits.sockets.saturating_sub(1);
            Ok::<_, LimitError>(())
        });
    }

    /// Sets the rate limits of the user and of the active keys. Their state is kept.
    pub(in crate::domain) fn set_rate_limits(
        &self,
        user: Option<RateLimit>,
        keys: impl Iterator<Item = (Uuid, Option<RateLimit>)>,
    ) {
        let mut state = self.lock();
        state.user.limit = user;
        let active: HashMap<Uuid, Option<RateLimit>> = keys.collect();
        state
            .keys
            .retain(|id, rate_limits| active.contains_key(id) || rate_limits.is_in_use());
        for (id, limit) in active {
            // A key without own limits is limited by its user's alone.
            state.keys.entry(id).or_default().limit = Some(limit.unwrap_or_default());
        }
    }

    /// Replaces all quotas. Reservations of a quota that stays are kept.
    pub(in crate::domain) fn set_meters(&self, mut meters: Vec<QuotaState>) {
        let is_strict = meters.iter().any(|quota_state| quota_state.quota.strict);
        self.is_strict.store(is_strict, Ordering::Relaxed);
        let depends = |quota_state: &QuotaState| {
            quota_state.quota.model_pattern.is_some()
                || quota_state.quota.metric == entity::quota::Metric::Cost
        };
        let depends_on_model = meters.iter().any(depends);
        self.depends_on_model
            .store(depends_on_model, Ordering::Relaxed);
        let mut state = self.lock();
        for quota_state in &mut meters {
            if let Some(earlier) = state
                .meters
                .iter()
                .find(|old| old.quota.id == quota_state.quota.id)
            {
                quota_state.carry_over(earlier);
            }
        }
        state.meters = meters;
    }

    /// Replaces the committed usage, by quota and bucket.
    pub(super) fn set_used(&self, mut used: HashMap<Uuid, BTreeMap<i64, i64>>) {
        for quota_state in &mut self.lock().meters {
            quota_state.set_used(used.remove(&quota_state.quota.id).unwrap_or_default());
        }
    }

    pub fn meters(&self) -> Vec<QuotaState> {
        self.lock().meters.clone()
    }

    /// Sets when usage was last reset.
    pub(in crate::domain) fn set_reset_at(&self, at: Option<DateTime<Utc>>) {
        self.lock().reset_at = at.map(|at| at.timestamp_micros());
    }

    /// Whether the request is older than the last reset of usage. A correction of it must not count: its
    /// usage is subtracted already.
    pub(in crate::domain) fn is_before_reset(&self, row: &request::Model) -> bool {
        let reset_at = self.lock().reset_at;
        reset_at.is_some_and(|reset_at| row.started_at < reset_at)
    }

    /// The amounts that a stored request adds to quotas.
    pub(in crate::domain) fn charges(
        &self,
        row: &request::Model,
        aliases: &AliasTable,
    ) -> Vec<Charge> {
        let state = self.lock();
        if state.meters.is_empty() {
            return Vec::new();
        }
        let model = row.model.as_ref();
        let model = model.map(|model| routed_as(row.protocol.into(), model));
        let at = DateTime::from_timestamp_micros(row.started_at).unwrap_or_default();
        let target = model.as_ref().and_then(|model| aliases.target(model, at));
        // Another model than the requested one may have served it; it counts under that name too.
        let served = row.served_model.as_deref();
        let names = [model.as_deref(), target.as_deref(), served];
        let charges = state.meters.iter();
        charges
            .filter_map(|quota_state| quota_state.charge(row, &names))
            .collect()
    }

    /// Adds committed usage.
    pub(in crate::domain) fn add(&self, charge: Charge, at: DateTime<Utc>) {
        let mut state = self.lock();
        let quota_state = state
            .meters
            .iter_mut()
            .find(|quota_state| quota_state.quota.id == charge.quota_id);
        let Some(quota_state) = quota_state else {
            return;
        };
        let before = quota_state.warning(at);
        quota_state.add(charge);
        let after = quota_state.warning(at);
        if after > before {
            tracing::warn!(
                user.id = %quota_state.quota.user_id,
                quota.id = %quota_state.quota.id,
                percent = after,
                "a quota has reached a warning threshold"
            );
        }
    }

    pub(super) fn settle(&self, held: &mut HeldLimits, used: Amounts) {
        let now = self.origin.elapsed();
        let tokens = u64::try_from(used.tokens).unwrap_or(0);
        let mut state = self.lock();
        let has_slot = std::mem::take(&mut held.has_slot);
        state.end(held.api_key_id, |rate_limits| {
            if has_slot {
                rate_limits.finish();
            }
            rate_limits.settle_tokens(held.tokens, tokens, now);
        });
        for quota in &mut held.quotas {
            let amount = used.by(quota.metric);
            if let Some(quota_state) = state.quota_state(quota.id) {
                quota_state.release(quota.amount);
                quota_state.add_uncommitted(amount);
            }
            quota.amount = amount;
        }
    }

    pub(super) fn commit(&self, held: &HeldLimits) {
        let mut state = self.lock();
        for quota in &held.quotas {
            if let Some(quota_state) = state.quota_state(quota.id) {
                quota_state.remove_uncommitted(quota.amount);
            }
        }
    }

    pub(super) fn give_back(&self, held: &HeldLimits) {
        let mut state = self.lock();
        for quota in &held.quotas {
            if let Some(quota_state) = state.quota_state(quota.id) {
                quota_state.release(quota.amount);
            }
        }
        state.end(held.api_key_id, |rate_limits| {
            if held.has_slot {
                rate_limits.finish();
            }
            rate_limits.refund();
            rate_limits.refund_tokens(held.tokens);
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn quota_request<'a>(request: &LimitRequest<'a>, providers: ProviderSet) -> QuotaRequest<'a> {
    QuotaRequest {
        api_key_id: request.api_key_id,
        models: [request.model, request.target],
        providers,
        estimate: request.estimate,
        ceiling: request.ceiling,
        at: request.at,
    }
}

impl State {
    fn check_start(
        &self,
        api_key_id: Uuid,
        defaults: RateLimit,
        now: Duration,
    ) -> Result<(), LimitError> {
        self.user.check_start(defaults, now, "this user")?;
        match self.keys.get(&api_key_id) {
            Some(key) => key.check_start(defaults, now, "this key"),
            None => Ok(()),
        }
    }

    fn start(&mut self, api_key_id: Uuid, defaults: RateLimit, now: Duration) {
        self.user.start(defaults, now);
        let key = self.keys.entry(api_key_id).or_default();
        key.limit.get_or_insert_default();
        key.start(defaults, now);
    }

    fn check(
        &self,
        request: &LimitRequest<'_>,
        quota_request: &QuotaRequest<'_>,
        now: Duration,
    ) -> Result<(), LimitError> {
        let tokens = tokens(request);
        self.user
            .check_tokens(request.defaults, tokens, now, "this user")?;
        if let Some(key) = self.keys.get(&request.api_key_id) {
            key.check_tokens(request.defaults, tokens, now, "this key")?;
        }
        if request.is_metered {
            let counting = self
                .meters
                .iter()
                .filter(|quota_state| quota_state.counts(quota_request));
            for quota_state in counting {
                quota_state.check(quota_request)?;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        request: &LimitRequest<'_>,
        quota_request: &QuotaRequest<'_>,
        now: Duration,
    ) -> HeldLimits {
        let tokens = tokens(request);
        self.end(request.api_key_id, |rate_limits| {
            rate_limits.take_tokens(request.defaults, tokens, now);
        });
        let mut quotas = Vec::new();
        if request.is_metered {
            for quota_state in self
                .meters
                .iter_mut()
                .filter(|quota_state| quota_state.counts(quota_request))
            {
                let metric = quota_state.quota.metric;
                let amount = quota_state.amount(quota_request);
                quota_state.reserve(amount);
                quotas.push(HeldQuota {
                    id: quota_state.quota.id,
                    metric,
                    amount,
                });
            }
        }
        HeldLimits {
            api_key_id: request.api_key_id,
            has_slot: true,
            tokens,
            quotas,
        }
    }

    /// The limit on requests per minute with the fewest remaining.
    fn pacing(
        &self,
        api_key_id: Uuid,
        defaults: RateLimit,
        now: Duration,
    ) -> Option<RateLimitStatus> {
        let holders = [Some(&self.user), self.keys.get(&api_key_id)];
        let pacings = holders.into_iter().flatten();
        pacings
            .filter_map(|rate_limits| rate_limits.pacing(defaults, now))
            .min_by_key(|pacing| pacing.remaining)
    }

    fn each_holder<E>(
        &mut self,
        api_key_id: Uuid,
        mut apply: impl FnMut(&mut RateLimits, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        apply(&mut self.user, "this user")?;
        let key = self.keys.entry(api_key_id).or_default();
        key.limit.get_or_insert_default();
        apply(key, "this key")
    }

    fn end(&mut self, api_key_id: Uuid, mut apply: impl FnMut(&mut RateLimits)) {
        apply(&mut self.user);
        if let Some(key) = self.keys.get_mut(&api_key_id) {
            apply(key);
        }
    }

    fn quota_state(&mut self, id: Uuid) -> Option<&mut QuotaState> {
        self.meters
            .iter_mut()
            .find(|quota_state| quota_state.quota.id == id)
    }
}

/// The tokens that a request reserves of the tokens per minute.
fn tokens(request: &LimitRequest<'_>) -> u64 {
    let tokens = u64::try_from(request.estimate.tokens).unwrap_or(0);
    if request.is_metered { tokens } else { 0 }
}

pub(super) fn rate(per_minute: impl Into<u64>) -> Rate {
    Rate {
        per_minute: per_minute.into(),
    }
}
