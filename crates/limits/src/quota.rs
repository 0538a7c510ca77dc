//! One quota with its usage per bucket and the amount reserved by requests in flight.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    pattern,
    reservation::{LimitError, LimitOwner, LimitState, RejectingQuota},
    window::QuotaWindow,
};

/// The unit of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    Tokens,
    /// In nano-USD.
    Cost,
    Requests,
}

/// The treatment of a request that a model without a price may serve, by a quota of costs, the most lenient first. Of
/// all quotas that count a request, the least lenient decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnpricedPolicy {
    /// It counts nothing.
    Allow,
    /// It counts an assumed cost.
    #[default]
    Assume,
    /// It is refused.
    Refuse,
}

/// A temporary increase of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitRaise {
    pub amount: i64,
    pub until: DateTime<Utc>,
}

/// A quota as the limits need it.
#[derive(Clone, Debug)]
pub struct QuotaRule {
    pub id: Uuid,
    /// `None` counts all keys of the user.
    pub api_key_id: Option<Uuid>,
    pub metric: Metric,
    pub limit: i64,
    pub raise: Option<LimitRaise>,
    pub window: QuotaWindow,
    /// Counts one provider only, by the number that the caller gives it (0 to 15).
    pub provider: Option<u8>,
    /// Counts the models that fit the pattern only; see [`pattern`].
    pub model_pattern: Option<String>,
    /// Percentages of the limit in force that warn.
    pub soft_percents: Vec<u8>,
    /// Rejects requests without a known upper bound.
    pub strict: bool,
    /// For costs.
    pub unpriced: UnpricedPolicy,
    /// Whether a quota of costs counts requests for models whose price is zero, so that it refuses them when it is
    /// exhausted.
    pub counts_free: bool,
    /// Formats a cost in nano-USD for messages.
    pub format_cost: fn(i64) -> String,
}

/// A quota and its usage. `Q` is the caller's record of it.
#[derive(Clone, Debug)]
pub struct QuotaState<Q> {
    /// The caller's record of the quota.
    pub quota: Q,
    pub(super) rule: QuotaRule,
    /// Committed usage, by the start of the bucket.
    used: BTreeMap<i64, i64>,
    /// By requests in flight. Wide, so that absurd estimates add up exactly and can be returned exactly.
    reserved: i128,
    /// Requests in flight.
    running: u32,
    /// Usage of requests that have ended and are not in the database yet.
    uncommitted: i64,
}

/// The part of a request that a quota checks.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuotaRequest<'a> {
    pub(super) api_key_id: Uuid,
    /// The requested name, and the target if it is an alias.
    pub(super) models: [Option<&'a str>; 2],
    /// The providers that may serve it.
    pub(super) providers: ProviderSet,
    pub(super) estimate: Amounts,
    pub(super) ceiling: Option<Amounts>,
    /// Whether an unpriced request counts its assumed cost.
    pub(super) assumes_cost: bool,
    pub(super) at: DateTime<Utc>,
}

/// The cost of a request, in nano-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cost {
    /// The price of its model is zero.
    #[default]
    Free,
    Priced(i64),
    /// Its model has no price.
    Unpriced {
        /// At the prices of other models.
        assumed: i64,
    },
}

/// The usage of one request, by metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub tokens: i64,
    pub cost: Cost,
    pub requests: i64,
}

impl Amounts {
    /// `assumes_cost` is whether an assumed cost counts.
    pub(super) fn by(self, metric: Metric, assumes_cost: bool) -> i64 {
        match (metric, self.cost) {
            (Metric::Tokens, _) => self.tokens,
            (Metric::Requests, _) => self.requests,
            (Metric::Cost, Cost::Priced(cost)) => cost,
            (Metric::Cost, Cost::Unpriced { assumed }) if assumes_cost => assumed,
            (Metric::Cost, Cost::Free | Cost::Unpriced { .. }) => 0,
        }
    }

    fn is_unpriced(self) -> bool {
        matches!(self.cost, Cost::Unpriced { .. })
    }
}

/// A set of providers; empty while unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderSet(u16);

/// The usage of a request that has ended.
#[derive(Clone, Copy, Debug)]
pub struct RequestUsage {
    pub api_key_id: Uuid,
    /// `None` while unknown: the usage then counts for every provider.
    pub provider: Option<u8>,
    pub amounts: Amounts,
    /// When the request started.
    pub at: DateTime<Utc>,
}

impl ProviderSet {
    fn of(provider: u8) -> Self {
        Self(1_u16.checked_shl(provider.into()).unwrap_or(0))
    }

    /// Whether the set contains this provider or is unknown.
    fn may_be(self, provider: u8) -> bool {
        self.0 == 0 || self.0 & Self::of(provider).0 != 0
    }

    /// Whether the set contains this provider.
    pub fn has(self, provider: u8) -> bool {
        self.0 & Self::of(provider).0 != 0
    }

    #[must_use]
    pub fn with(self, provider: u8) -> Self {
        Self(self.0 | Self::of(provider).0)
    }
}

/// An amount to add to a bucket of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    pub quota_id: Uuid,
    pub bucket: i64,
    pub amount: i64,
}

impl QuotaRule {
    /// The limit with the raise that is in force.
    pub(super) fn limit_at(&self, at: DateTime<Utc>) -> i64 {
        let raise = self.raise.filter(|raise| at < raise.until);
        let more = raise.map_or(0, |raise| raise.amount);
        self.limit.saturating_add(more)
    }
}

/// The usage of a quota at one time, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaStatus {
    /// With the raise that is in force.
    pub limit: i64,
    pub used: i64,
    /// By requests in flight.
    pub reserved: i64,
    /// The end of a calendar window, or when the oldest usage leaves a rolling window.
    pub resets_at: Option<DateTime<Utc>>,
}

impl<Q> QuotaState<Q> {
    /// `used` is the committed usage, by the start of the bucket.
    pub fn new(quota: Q, rule: QuotaRule, used: BTreeMap<i64, i64>) -> Self {
        Self {
            quota,
            rule,
            used,
            reserved: 0,
            running: 0,
            uncommitted: 0,
        }
    }

    /// Takes over the reservations of the quota that this one replaces.
    pub(super) fn carry_over(&mut self, earlier: &Self) {
        self.reserved = earlier.reserved;
        self.running = earlier.running;
        self.uncommitted = earlier.uncommitted;
    }

    /// Replaces the committed usage.
    pub(super) fn set_used(&mut self, used: BTreeMap<i64, i64>) {
        self.used = used;
    }

    pub fn rule(&self) -> &QuotaRule {
        &self.rule
    }

    /// Whether it counts requests with this key.
    pub fn counts_key(&self, api_key_id: Uuid) -> bool {
        self.rule.api_key_id.is_none_or(|id| id == api_key_id)
    }

    /// Whether it counts every request with this key, whatever model and provider serve it.
    pub fn counts_all_of(&self, api_key_id: Uuid) -> bool {
        let is_partial = self.rule.provider.is_some() || self.rule.model_pattern.is_some();
        !is_partial && self.counts_key(api_key_id)
    }

    /// Usage and reservations at this time.
    pub fn standing(&self, at: DateTime<Utc>) -> QuotaStatus {
        QuotaStatus {
            limit: self.rule.limit_at(at),
            used: self.used_in_total(at),
            reserved: i64::try_from(self.reserved).unwrap_or(i64::MAX),
            resets_at: self.resets_at(at),
        }
    }

    /// Usage in millionths of the limit, committed or not.
    pub fn level(&self, at: DateTime<Utc>) -> i128 {
        i128::from(self.used_in_total(at)) * 1_000_000 / i128::from(self.rule.limit.max(1))
    }

    /// Committed usage in millionths of the limit.
    pub fn per_million(&self, at: DateTime<Utc>) -> i128 {
        i128::from(self.used(at)) * 1_000_000 / i128::from(self.rule.limit_at(at).max(1))
    }

    /// The highest warning percentage that committed usage has reached.
    pub fn warning(&self, at: DateTime<Utc>) -> Option<u8> {
        let used = i128::from(self.used(at)) * 100;
        let limit = i128::from(self.rule.limit_at(at));
        let reached = |percent: &u8| used >= i128::from(*percent) * limit;
        self.rule
            .soft_percents
            .iter()
            .copied()
            .filter(reached)
            .max()
    }

    /// Committed or not.
    fn used_in_total(&self, at: DateTime<Utc>) -> i64 {
        self.used(at).saturating_add(self.uncommitted)
    }

    /// Committed.
    fn used(&self, at: DateTime<Utc>) -> i64 {
        let (oldest, bucket) = (self.rule.window.oldest(at), self.rule.window.bucket(at));
        if oldest == bucket {
            return self.used.get(&bucket).copied().unwrap_or(0);
        }
        // A clock that was set back does not make uses of the future free.
        let counting = self.used.range(oldest..).map(|(_, used)| *used);
        counting.fold(0, i64::saturating_add)
    }

    fn resets_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let QuotaWindow::Rolling { seconds } = self.rule.window else {
            return self.rule.window.resets_at(at);
        };
        let oldest = self.rule.window.oldest(at);
        let (first, _) = self.used.range(oldest..).find(|(_, used)| **used > 0)?;
        let slice = self.rule.window.slice()?;
        DateTime::from_timestamp(first + slice + i64::from(seconds), 0)
    }

    /// The treatment of unpriced requests; `None` if it counts no costs.
    pub(super) fn unpriced(&self) -> Option<UnpricedPolicy> {
        (self.rule.metric == Metric::Cost).then_some(self.rule.unpriced)
    }

    pub(super) fn counts(&self, request: &QuotaRequest<'_>) -> bool {
        let is_ignored = self.rule.metric == Metric::Cost
            && request.estimate.cost == Cost::Free
            && !self.rule.counts_free;
        !is_ignored
            && self.is_about(request.api_key_id, &request.models)
            && self
                .rule
                .provider
                .is_none_or(|provider| request.providers.may_be(provider))
    }

    fn is_about(&self, api_key_id: Uuid, names: &[Option<&str>]) -> bool {
        self.rule.api_key_id.is_none_or(|id| id == api_key_id)
            && self.rule.model_pattern.as_ref().is_none_or(|pattern| {
                let mut names = names.iter().flatten();
                names.any(|name| pattern::fits_in_any_case(pattern, name))
            })
    }

    /// Rejects a request that may exceed the limit.
    pub(super) fn check(&self, request: &QuotaRequest<'_>) -> Result<(), LimitError> {
        let metric = self.rule.metric;
        let is_unpriced = metric == Metric::Cost && request.estimate.is_unpriced();
        if is_unpriced && self.rule.unpriced == UnpricedPolicy::Refuse {
            return Err(LimitError::Unpriced {
                quota: self.description(request.at),
                rejecting: Box::new(self.rejecting(request.at, None)),
            });
        }
        if self.rule.strict && metric != Metric::Requests {
            let ceiling = request.ceiling;
            if ceiling.is_none() || is_unpriced {
                return Err(LimitError::Unbounded {
                    metric,
                    quota: self.description(request.at),
                    rejecting: Box::new(self.rejecting(request.at, None)),
                    is_unpriced,
                });
            }
        }
        let used = self.used_in_total(request.at);
        let left = self.rule.limit_at(request.at).saturating_sub(used);
        let needed = self.amount(request);
        let fits = self.reserved + i128::from(needed) <= i128::from(left);
        // A request with an estimated usage may use the rest if it is the only one in flight; otherwise the
        // last part of a budget could never be used.
        let is_alone = !self.rule.strict && metric != Metric::Requests && self.running == 0;
        // A request without a price is not free: an exhausted quota rejects it.
        if left > 0 && (fits || is_alone) {
            return Ok(());
        }
        let free = (i128::from(left) - self.reserved).max(0);
        let free = i64::try_from(free).unwrap_or(left);
        let mut quota = self.description(request.at);
        if left > 0 {
            let (free, needed) = (self.unit(free), self.unit(needed));
            quota = format!(
                "{quota}; {free} left while others are answered, and this may take {needed}"
            );
        }
        Err(LimitError::Quota {
            metric,
            quota,
            rejecting: Box::new(self.rejecting(request.at, Some(needed))),
        })
    }

    fn rejecting(&self, at: DateTime<Utc>, needed: Option<i64>) -> RejectingQuota {
        let QuotaStatus {
            limit,
            used,
            reserved,
            resets_at,
        } = self.standing(at);
        RejectingQuota {
            id: self.rule.id,
            window: self.rule.window,
            provider: self.rule.provider,
            model_pattern: self.rule.model_pattern.clone(),
            state: LimitState {
                holder: self.holder(),
                limit,
                used,
                reserved,
                needed,
            },
            resets_at,
        }
    }

    fn holder(&self) -> LimitOwner {
        match self.rule.api_key_id {
            Some(_) => LimitOwner::Key,
            None => LimitOwner::User,
        }
    }

    /// The amount that a request reserves.
    pub(super) fn amount(&self, request: &QuotaRequest<'_>) -> i64 {
        let worst = if self.rule.strict {
            request.ceiling.unwrap_or(request.estimate)
        } else {
            request.estimate
        };
        worst.by(self.rule.metric, request.assumes_cost)
    }

    /// A description of the quota for the client.
    fn description(&self, at: DateTime<Utc>) -> String {
        let amount = self.unit(self.rule.limit_at(at));
        let window = match self.rule.window {
            QuotaWindow::Lifetime => "in total".to_owned(),
            QuotaWindow::Calendar { unit, zone } => format!("a {} ({zone})", unit.name()),
            QuotaWindow::Rolling { seconds } => format!("in {seconds} seconds"),
        };
        let holder = self.holder();
        let model = self.rule.model_pattern.as_ref();
        let model = model.map_or(String::new(), |model| format!(", model {model}"));
        let provider = self.rule.provider.map_or("", |_| ", one provider");
        format!("{amount} {window} for {holder}{model}{provider}")
    }

    /// An amount with its unit.
    fn unit(&self, amount: i64) -> String {
        match self.rule.metric {
            Metric::Tokens => format!("{amount} tokens"),
            Metric::Cost => format!("{} USD", (self.rule.format_cost)(amount)),
            Metric::Requests => format!("{amount} requests"),
        }
    }

    pub(super) fn reserve(&mut self, amount: i64) {
        self.reserved += i128::from(amount);
        self.running += 1;
    }

    /// The request has ended or was not forwarded.
    pub(super) fn release(&mut self, amount: i64) {
        self.reserved = (self.reserved - i128::from(amount)).max(0);
        self.running = self.running.saturating_sub(1);
    }

    /// Adds the usage of a request that has ended.
    pub(super) fn add_uncommitted(&mut self, amount: i64) {
        self.uncommitted = self.uncommitted.saturating_add(amount);
    }

    /// Removes usage that is in the database now.
    pub(super) fn remove_uncommitted(&mut self, amount: i64) {
        self.uncommitted = self.uncommitted.saturating_sub(amount).max(0);
    }

    /// The amount that a request adds to this quota; `None` when it does not count.
    pub(super) fn charge(&self, usage: &RequestUsage, names: &[Option<&str>]) -> Option<Charge> {
        let amount = usage.amounts.by(self.rule.metric, true);
        let counts = amount != 0 && self.has_counted(usage.api_key_id, usage.provider, names);
        counts.then(|| Charge {
            quota_id: self.rule.id,
            bucket: self.rule.window.bucket(usage.at),
            amount,
        })
    }

    /// Whether it counts a request that has ended. One whose provider is not reported yet counts.
    pub(super) fn has_counted(
        &self,
        api_key_id: Uuid,
        provider: Option<u8>,
        names: &[Option<&str>],
    ) -> bool {
        let is_served = |wanted| provider.is_none_or(|served| served == wanted);
        self.is_about(api_key_id, names) && self.rule.provider.is_none_or(is_served)
    }

    /// Whether usage in a bucket still counts at this time.
    pub(super) fn is_open(&self, bucket: i64, at: DateTime<Utc>) -> bool {
        bucket >= self.rule.window.oldest(at)
    }

    /// Adds committed usage. Some buckets before the window are kept, because the clock may be set back.
    pub(super) fn add(&mut self, charge: Charge) {
        const KEPT: usize = 256;
        let used = self.used.entry(charge.bucket).or_default();
        *used = used.saturating_add(charge.amount);
        while self.used.len() > KEPT {
            self.used.pop_first();
        }
    }
}
