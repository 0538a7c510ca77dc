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
    time::Duration,
};

use chrono::{DateTime, Utc};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::{
    gcra::{Gcra, Rate},
    quota::{
        Amounts, Charge, Metric, ProviderSet, QuotaRequest, QuotaState, RequestUsage,
        UnpricedPolicy,
    },
    rate_limits::{RateLimit, RateLimits, RateUsage},
    reservation::{
        HeldLimits, HeldQuota, LimitError, LimitOwner, RateLimitStatus, RequestSlot, Reservation,
    },
    wait_list::WaitList,
};

/// The time since an origin of the caller's choice; monotonic.
pub type MonotonicClock = fn() -> Duration;

/// Rejected requests of one user that are recorded per minute.
const RECORDED_REJECTIONS: u64 = 60;
/// Reports of limits that one user may read per minute.
pub const REPORTS_PER_MINUTE: u64 = 60;

/// Bounds of the requests of one user that wait, which are otherwise twice the concurrent requests.
const MIN_WAITING: usize = 4;
const MAX_WAITING: usize = 32;

/// The part of a request that limits depend on.
#[derive(Clone, Copy, Debug)]
pub struct LimitRequest<'a> {
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
}

/// The limits of one user and their usage.
#[derive(Debug)]
pub struct UserLimits<Q> {
    clock: MonotonicClock,
    state: Mutex<State<Q>>,
    /// Whether any quota is strict.
    is_strict: AtomicBool,
    /// Whether any quota depends on the model, by a pattern or by its price.
    depends_on_model: AtomicBool,
    /// Whether any quota of costs assumes one.
    assumes_costs: AtomicBool,
    /// The requests that wait for these limits. Never woken while the state is locked.
    waiting: WaitList,
}

#[derive(Debug)]
struct State<Q> {
    user: RateLimits,
    keys: HashMap<Uuid, RateLimits>,
    meters: Vec<QuotaState<Q>>,
    /// When usage was last reset, in microseconds since 1970.
    reset_at: Option<i64>,
    /// Limits how many rejected requests are recorded.
    refusals: Gcra,
    /// Limits how many reports are read.
    reports: Gcra,
}

/// The slot of a request, or why it is rejected, and the state of the requests per minute.
#[derive(Debug)]
pub struct Start<Q> {
    pub slot: Result<RequestSlot<Q>, LimitError>,
    /// `None` without a limit on requests per minute.
    pub pacing: Option<RateLimitStatus>,
}

/// How requests wait for the limits of a user and a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitRules {
    /// Zero if requests are refused instead.
    pub max_wait: Duration,
    /// The requests of the user that may wait.
    pub most: usize,
}

impl<Q> UserLimits<Q> {
    /// Without any limits.
    pub fn new(clock: MonotonicClock) -> Self {
        Self {
            clock,
            state: Mutex::new(State {
                user: RateLimits::default(),
                keys: HashMap::new(),
                meters: Vec::new(),
                reset_at: None,
                refusals: Gcra::default(),
                reports: Gcra::default(),
            }),
            is_strict: AtomicBool::default(),
            depends_on_model: AtomicBool::default(),
            assumes_costs: AtomicBool::default(),
            waiting: WaitList::default(),
        }
    }

    /// The requests that wait for these limits.
    pub fn waiting(&self) -> &WaitList {
        &self.waiting
    }

    pub fn wait_rules(&self, api_key_id: Uuid, defaults: RateLimit) -> WaitRules {
        self.lock().wait_rules(api_key_id, defaults)
    }

    /// When this many requests can have been admitted at the earliest, by the requests per minute; `None` if now.
    pub fn known_wait(
        &self,
        api_key_id: Uuid,
        defaults: RateLimit,
        requests: u64,
    ) -> Option<Duration> {
        let now = (self.clock)();
        let state = self.lock();
        let holders = [Some(&state.user), state.keys.get(&api_key_id)];
        let waits = holders.into_iter().flatten();
        waits
            .filter_map(|rate_limits| rate_limits.wait(defaults, requests, now))
            .max()
    }

    /// The state of the requests per minute; `None` without a limit on them.
    pub fn pacing(&self, api_key_id: Uuid, defaults: RateLimit) -> Option<RateLimitStatus> {
        let now = (self.clock)();
        self.lock().pacing(api_key_id, defaults, now)
    }

    /// Why a request is not admitted while others wait: the limit that blocks it now, or else the line itself.
    pub fn refusal_behind(&self, api_key_id: Uuid, defaults: RateLimit) -> LimitError {
        let now = (self.clock)();
        let waiting = self.waiting.len();
        let state = self.lock();
        match state.check_start(api_key_id, defaults, now) {
            Err(error) => error,
            Ok(()) => state.user.refusal_behind(waiting),
        }
    }

    /// Takes one of the concurrent requests and one of the requests per minute, of both user and key or of
    /// neither.
    pub fn start(self: &Arc<Self>, api_key_id: Uuid, defaults: RateLimit) -> Start<Q> {
        let now = (self.clock)();
        let mut state = self.lock();
        let checked = state.check_start(api_key_id, defaults, now);
        let slot = checked.map(|()| {
            state.start(api_key_id, defaults, now);
            RequestSlot::new(Arc::clone(self), api_key_id, defaults)
        });
        Start {
            slot,
            pacing: state.pacing(api_key_id, defaults, now),
        }
    }

    /// Reserves the estimated usage from every limit that applies, or from none; an error returns the slot.
    #[expect(
        clippy::result_large_err,
        reason = "the slot moves back to the caller, without an allocation"
    )]
    pub fn reserve(
        slot: RequestSlot<Q>,
        request: &LimitRequest<'_>,
        providers: ProviderSet,
    ) -> Result<Reservation<Q>, (LimitError, RequestSlot<Q>)> {
        let account = slot.account();
        let now = (account.clock)();
        let mut quota_request = quota_request(slot.api_key_id(), request, providers);
        let mut state = account.lock();
        quota_request.assumes_cost = state.assumes_cost(&quota_request);
        match state.check(request, &quota_request, slot.defaults(), now) {
            Ok(()) => {
                let held = state.take(request, &quota_request, slot.defaults(), now);
                drop(state);
                Ok(slot.into_reservation(held))
            }
            Err(limited) => {
                drop(state);
                Err((limited, slot))
            }
        }
    }

    /// Does what [`UserLimits::start`] and [`UserLimits::reserve`] do, in one step.
    pub fn admit(
        self: &Arc<Self>,
        api_key_id: Uuid,
        defaults: RateLimit,
        request: &LimitRequest<'_>,
        providers: ProviderSet,
    ) -> Result<Reservation<Q>, LimitError> {
        let now = (self.clock)();
        let mut quota_request = quota_request(api_key_id, request, providers);
        let mut state = self.lock();
        state.check_start(api_key_id, defaults, now)?;
        quota_request.assumes_cost = state.assumes_cost(&quota_request);
        state.check(request, &quota_request, defaults, now)?;
        state.start(api_key_id, defaults, now);
        let held = state.take(request, &quota_request, defaults, now);
        drop(state);
        let slot = RequestSlot::new(Arc::clone(self), api_key_id, defaults);
        Ok(slot.into_reservation(held))
    }

    /// Frees one of the concurrent requests.
    pub(super) fn finish(&self, api_key_id: Uuid) {
        self.lock().end(api_key_id, RateLimits::finish);
        self.waiting.wake();
    }

    /// Frees one of the concurrent requests and returns one of the requests per minute.
    pub(super) fn refund(&self, api_key_id: Uuid) {
        self.lock().end(api_key_id, |rate_limits| {
            rate_limits.finish();
            rate_limits.refund();
        });
        self.waiting.wake();
    }

    /// Whether a quota needs an upper bound of a request's usage.
    pub fn is_strict(&self) -> bool {
        self.is_strict.load(Ordering::Relaxed)
    }

    /// Whether a quota needs the model of a request.
    pub fn depends_on_model(&self) -> bool {
        self.depends_on_model.load(Ordering::Relaxed)
    }

    /// Whether a quota may need the assumed cost of a request.
    pub fn may_assume_costs(&self) -> bool {
        self.assumes_costs.load(Ordering::Relaxed)
    }

    /// Whether an unpriced request that has ended counts an assumed cost. It has each of the names of its model.
    pub fn assumes_cost(
        &self,
        api_key_id: Uuid,
        provider: Option<u8>,
        names: &[Option<&str>],
    ) -> bool {
        let state = self.lock();
        let mut assuming = state
            .meters
            .iter()
            .filter(|quota_state| quota_state.unpriced() >= Some(UnpricedPolicy::Assume));
        assuming.any(|quota_state| quota_state.has_counted(api_key_id, provider, names))
    }

    /// Whether a charge is in a bucket that still counts.
    pub fn is_open(&self, charge: Charge, at: DateTime<Utc>) -> bool {
        let mut state = self.lock();
        let quota_state = state.quota_state(charge.quota_id);
        quota_state.is_some_and(|quota_state| quota_state.is_open(charge.bucket, at))
    }

    /// Whether a rejected request may be recorded. Limited, so that a client that retries in a loop does not
    /// fill the database.
    pub fn may_record_refusal(&self) -> bool {
        let now = (self.clock)();
        let taken = self.lock().refusals.take(rate(RECORDED_REJECTIONS), 1, now);
        taken.is_none()
    }

    /// Takes one of the [`REPORTS_PER_MINUTE`], or returns how long to wait for one.
    pub fn take_report(&self) -> Option<Duration> {
        let now = (self.clock)();
        self.lock().reports.take(rate(REPORTS_PER_MINUTE), 1, now)
    }

    /// The rate limits of the user and, if it has any of its own, of a key.
    pub fn rates(&self, api_key_id: Uuid, defaults: RateLimit) -> Vec<RateUsage> {
        let now = (self.clock)();
        let state = self.lock();
        let user = state.user.usage(LimitOwner::User, defaults, now);
        let key = state.keys.get(&api_key_id);
        let own = key.filter(|key| key.limit.is_some_and(|limit| limit != RateLimit::default()));
        let own = own.map(|key| key.usage(LimitOwner::Key, defaults, now));
        std::iter::once(user).chain(own).collect()
    }

    /// Visits each quota, without a copy. The limits are locked meanwhile.
    pub fn each_quota(&self, visit: impl FnMut(&QuotaState<Q>)) {
        self.lock().meters.iter().for_each(visit);
    }

    /// Counts an open WebSocket until [`UserLimits::close_socket`].
    pub fn open_socket(&self, api_key_id: Uuid, defaults: RateLimit) -> Result<(), LimitError> {
        let mut state = self.lock();
        state.each_holder(api_key_id, |rate_limits, name| {
            rate_limits.check_socket(defaults, name)
        })?;
        state.each_holder(api_key_id, |rate_limits, _| {
            rate_limits.sockets += 1;
            Ok::<_, LimitError>(())
        })
    }

    pub fn close_socket(&self, api_key_id: Uuid) {
        let _ = self.lock().each_holder(api_key_id, |rate_limits, _| {
            rate_limits.sockets = rate_limits.sockets.saturating_sub(1);
            Ok::<_, LimitError>(())
        });
    }

    /// Sets the rate limits of the user and of the active keys. Their state is kept.
    pub fn set_rate_limits(
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
        drop(state);
        self.waiting.wake();
    }

    /// Replaces all quotas. Reservations of a quota that stays are kept.
    pub fn set_meters(&self, mut meters: Vec<QuotaState<Q>>) {
        let is_strict = meters.iter().any(|quota_state| quota_state.rule.strict);
        self.is_strict.store(is_strict, Ordering::Relaxed);
        let depends = |quota_state: &QuotaState<Q>| {
            quota_state.rule.model_pattern.is_some() || quota_state.rule.metric == Metric::Cost
        };
        let depends_on_model = meters.iter().any(depends);
        self.depends_on_model
            .store(depends_on_model, Ordering::Relaxed);
        let assumes_costs = meters
            .iter()
            .any(|quota_state| quota_state.unpriced() >= Some(UnpricedPolicy::Assume));
        self.assumes_costs.store(assumes_costs, Ordering::Relaxed);
        let mut state = self.lock();
        for quota_state in &mut meters {
            if let Some(earlier) = state
                .meters
                .iter()
                .find(|old| old.rule.id == quota_state.rule.id)
            {
                quota_state.carry_over(earlier);
            }
        }
        state.meters = meters;
    }

    /// Replaces the committed usage, by quota and bucket.
    pub fn set_used(&self, mut used: HashMap<Uuid, BTreeMap<i64, i64>>) {
        for quota_state in &mut self.lock().meters {
            quota_state.set_used(used.remove(&quota_state.rule.id).unwrap_or_default());
        }
    }

    pub fn meters(&self) -> Vec<QuotaState<Q>>
    where
        Q: Clone,
    {
        self.lock().meters.clone()
    }

    /// Sets when usage was last reset.
    pub fn set_reset_at(&self, at: Option<DateTime<Utc>>) {
        self.lock().reset_at = at.map(|at| at.timestamp_micros());
    }

    /// Whether a request that started at this time, in microseconds since 1970, is older than the last reset of
    /// usage. A correction of it must not count: its usage is subtracted already.
    pub fn is_before_reset(&self, started_at: i64) -> bool {
        let reset_at = self.lock().reset_at;
        reset_at.is_some_and(|reset_at| started_at < reset_at)
    }

    /// Whether there are no quotas.
    pub fn has_no_quotas(&self) -> bool {
        self.lock().meters.is_empty()
    }

    /// The amounts that a request adds to quotas. It counts under each of the names of its model.
    pub fn charges(&self, usage: &RequestUsage, names: &[Option<&str>]) -> Vec<Charge> {
        let state = self.lock();
        let charges = state.meters.iter();
        charges
            .filter_map(|quota_state| quota_state.charge(usage, names))
            .collect()
    }

    /// Adds committed usage. Returns the warning percentage that it has reached, if any.
    pub fn add(&self, charge: Charge, at: DateTime<Utc>) -> Option<u8> {
        let mut state = self.lock();
        let quota_state = state.quota_state(charge.quota_id)?;
        let before = quota_state.warning(at);
        quota_state.add(charge);
        quota_state
            .warning(at)
            .filter(|after| Some(*after) > before)
    }

    pub(super) fn settle(&self, held: &mut HeldLimits, used: Amounts) {
        let now = (self.clock)();
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
            let amount = used.by(quota.metric, true);
            if let Some(quota_state) = state.quota_state(quota.id) {
                quota_state.release(quota.amount);
                quota_state.add_uncommitted(amount);
            }
            quota.amount = amount;
        }
        drop(state);
        self.waiting.wake();
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
        drop(state);
        self.waiting.wake();
    }

    fn lock(&self) -> MutexGuard<'_, State<Q>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn quota_request<'a>(
    api_key_id: Uuid,
    request: &LimitRequest<'a>,
    providers: ProviderSet,
) -> QuotaRequest<'a> {
    QuotaRequest {
        api_key_id,
        models: [request.model, request.target],
        providers,
        estimate: request.estimate,
        ceiling: request.ceiling,
        assumes_cost: false,
        at: request.at,
    }
}

impl<Q> State<Q> {
    fn check_start(
        &self,
        api_key_id: Uuid,
        defaults: RateLimit,
        now: Duration,
    ) -> Result<(), LimitError> {
        self.user.check_start(defaults, now, LimitOwner::User)?;
        match self.keys.get(&api_key_id) {
            Some(key) => key.check_start(defaults, now, LimitOwner::Key),
            None => Ok(()),
        }
    }

    fn wait_rules(&self, api_key_id: Uuid, defaults: RateLimit) -> WaitRules {
        let limit = self.user.limit.unwrap_or(defaults);
        let key = self.keys.get(&api_key_id).and_then(|key| key.limit);
        let seconds = limit.max_wait_seconds.unwrap_or(0);
        let seconds = key
            .and_then(|key| key.max_wait_seconds)
            .map_or(seconds, |of_key| seconds.min(of_key));
        let most = limit.concurrent_requests.map(|most| most.saturating_mul(2));
        let most = most.map_or(MAX_WAITING, |most| {
            usize::try_from(most).unwrap_or(usize::MAX)
        });
        WaitRules {
            max_wait: Duration::from_secs(seconds.into()),
            most: most.clamp(MIN_WAITING, MAX_WAITING),
        }
    }

    /// Whether the least lenient of the quotas that count an unpriced request assumes a cost.
    fn assumes_cost(&self, request: &QuotaRequest<'_>) -> bool {
        let mut assuming = self
            .meters
            .iter()
            .filter(|quota_state| quota_state.unpriced() >= Some(UnpricedPolicy::Assume));
        assuming.any(|quota_state| quota_state.counts(request))
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
        defaults: RateLimit,
        now: Duration,
    ) -> Result<(), LimitError> {
        let tokens = tokens(request);
        self.user
            .check_tokens(defaults, tokens, now, LimitOwner::User)?;
        if let Some(key) = self.keys.get(&quota_request.api_key_id) {
            key.check_tokens(defaults, tokens, now, LimitOwner::Key)?;
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
        defaults: RateLimit,
        now: Duration,
    ) -> HeldLimits {
        let tokens = tokens(request);
        self.end(quota_request.api_key_id, |rate_limits| {
            rate_limits.take_tokens(defaults, tokens, now);
        });
        let mut quotas = SmallVec::new();
        if request.is_metered {
            for quota_state in self
                .meters
                .iter_mut()
                .filter(|quota_state| quota_state.counts(quota_request))
            {
                let metric = quota_state.rule.metric;
                let amount = quota_state.amount(quota_request);
                quota_state.reserve(amount);
                quotas.push(HeldQuota {
                    id: quota_state.rule.id,
                    metric,
                    amount,
                });
            }
        }
        HeldLimits {
            api_key_id: quota_request.api_key_id,
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
        mut apply: impl FnMut(&mut RateLimits, LimitOwner) -> Result<(), E>,
    ) -> Result<(), E> {
        apply(&mut self.user, LimitOwner::User)?;
        let key = self.keys.entry(api_key_id).or_default();
        key.limit.get_or_insert_default();
        apply(key, LimitOwner::Key)
    }

    fn end(&mut self, api_key_id: Uuid, mut apply: impl FnMut(&mut RateLimits)) {
        apply(&mut self.user);
        if let Some(key) = self.keys.get_mut(&api_key_id) {
            apply(key);
        }
    }

    fn quota_state(&mut self, id: Uuid) -> Option<&mut QuotaState<Q>> {
        self.meters
            .iter_mut()
            .find(|quota_state| quota_state.rule.id == id)
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
