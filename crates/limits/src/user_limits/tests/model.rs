//! The reference model of the limits: a list of requests in flight, and sums.

use std::collections::{BTreeMap, HashMap};

use proptest::test_runner::TestCaseError;

use super::*;

/// Kinds of quotas.
pub(super) const KINDS: usize = 9;

/// The limits and their expected state.
#[derive(Debug)]
pub(super) struct House {
    account: Arc<UserLimits>,
    /// By kind.
    quotas: [Option<QuotaRule>; KINDS],
    used: HashMap<Uuid, i128>,
    /// Requests whose body is pending.
    arriving: Vec<RequestSlot>,
    under_way: Vec<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    reservation: Reservation,
    wish: Wish,
    /// The reserved or used amounts, by quota.
    shares: Vec<(Uuid, Metric, i128)>,
    used: Option<Amounts>,
    /// Whether the client has disconnected.
    is_abandoned: bool,
}

impl Default for House {
    fn default() -> Self {
        let account = new_limits();
        let limit = RateLimit {
            concurrent_requests: Some(MAX_CONCURRENT),
            ..RateLimit::default()
        };
        account.set_rate_limits(Some(limit), std::iter::empty());
        Self {
            account,
            quotas: Default::default(),
            used: HashMap::new(),
            arriving: Vec::new(),
            under_way: Vec::new(),
        }
    }
}

fn of_kind(kind: usize, limit: i64) -> QuotaRule {
    let metrics = [Metric::Tokens, Metric::Cost, Metric::Requests];
    let metric = if kind < 7 {
        metrics[kind % metrics.len()]
    } else {
        Metric::Cost
    };
    let mut quota = quota(metric, limit);
    quota.unpriced = match kind {
        7 => UnpricedPolicy::Allow,
        8 => UnpricedPolicy::Refuse,
        _ => UnpricedPolicy::Assume,
    };
    quota.counts_free = kind == 7;
    quota.strict = (3..6).contains(&kind);
    quota.api_key_id = (kind == 4).then_some(Uuid::nil());
    quota.model_pattern = [6, 8].contains(&kind).then(|| "a*".to_owned());
    quota
}

impl House {
    /// Quotas that stay keep their usage; one that is set again is new.
    pub(super) fn set_meters(&mut self, limits: [Option<i64>; KINDS]) {
        for (kind, limit) in limits.into_iter().enumerate() {
            let id = self.quotas[kind].as_ref().map(|quota| quota.id);
            self.quotas[kind] = limit.map(|limit| {
                let new = of_kind(kind, limit);
                let id = id.unwrap_or(new.id);
                QuotaRule { id, ..new }
            });
        }
        self.put_meters();
    }

    fn put_meters(&self) {
        let meters = self.quotas.iter().flatten().map(|quota| {
            let used = i64::try_from(self.used_of(quota.id)).unwrap();
            state(quota.clone(), BTreeMap::from([(0, used)]))
        });
        self.account.set_meters(meters.collect());
    }

    pub(super) fn reserve(&mut self, wish: Wish) -> Result<(), TestCaseError> {
        let before = format!("{:?}", self.account.lock());
        let has_room = self.has_room();
        let started = start(&self.account, wish.key).slot;
        prop_assert_eq!(started.is_ok(), has_room, "{:?}", wish);
        let Ok(slot) = started else {
            prop_assert_eq!(format!("{:?}", self.account.lock()), before);
            return Ok(());
        };
        let before = format!("{:?}", self.account.lock());
        let may_pass = self.may_pass(wish);
        let reserved = UserLimits::reserve(slot, &wish.request(), ProviderSet::default());
        prop_assert_eq!(reserved.is_ok(), may_pass, "{:?}", wish);
        let reservation = match reserved {
            Ok(reservation) => reservation,
            Err((_, slot)) => {
                prop_assert_eq!(format!("{:?}", self.account.lock()), before);
                slot.refund();
                return Ok(());
            }
        };
        let shares = self.counting(wish).map(self.share(wish)).collect();
        self.under_way.push(UnderWay {
            reservation,
            wish,
            shares,
            used: None,
            is_abandoned: false,
        });
        for quota in self.counting(wish).filter(|quota| quota.strict) {
            let taken = self.used_in_total(quota.id) + self.reserved_of(quota.id);
            prop_assert!(taken <= i128::from(quota.limit), "{:?}", quota);
        }
        Ok(())
    }

    pub(super) fn arrive(&mut self, key: u128) -> Result<(), TestCaseError> {
        let has_room = self.has_room();
        let started = start(&self.account, key).slot;
        prop_assert_eq!(started.is_ok(), has_room);
        self.arriving.extend(started.ok());
        Ok(())
    }

    pub(super) fn leave_early(&mut self, which: Index, is_refused: bool) {
        if self.arriving.is_empty() {
            return;
        }
        let slot = self.arriving.remove(which.index(self.arriving.len()));
        if is_refused {
            slot.refund();
        }
    }

    pub(super) fn abandon(&mut self, which: Index) {
        let running = self.under_way.iter_mut();
        let mut running: Vec<_> = running.filter(|request| request.used.is_none()).collect();
        if running.is_empty() {
            return;
        }
        let place = which.index(running.len());
        running[place].reservation.release_slot();
        running[place].is_abandoned = true;
    }

    pub(super) fn settle(&mut self, which: Index, used: Amounts) {
        let running = self.under_way.iter_mut();
        let mut running: Vec<_> = running.filter(|request| request.used.is_none()).collect();
        if running.is_empty() {
            return;
        }
        let place = which.index(running.len());
        let request = &mut *running[place];
        let mut used = used;
        if request.wish.estimate.cost == Cost::Free {
            used.cost = Cost::Free;
        }
        let cost = used.by(Metric::Cost, true);
        request.reservation.settle(used.tokens, cost);
        request.used = Some(used);
        for (_, metric, amount) in &mut request.shares {
            *amount = used.by(*metric, true).into();
        }
    }

    pub(super) fn commit(&mut self, which: Index) {
        let Some(request) = self.take(which, |request| request.used.is_some()) else {
            return;
        };
        let used = request.used.unwrap_or_default();
        for charge in request.wish.charges(&self.account, used) {
            self.account.add(charge, AT);
        }
        request.reservation.commit();
        let counting: Vec<_> = self.counting(request.wish).cloned().collect();
        for quota in counting {
            let amount: i128 = used.by(quota.metric, true).into();
            *self.used.entry(quota.id).or_default() += amount;
        }
    }

    pub(super) fn give_up(&mut self, which: Index) {
        drop(self.take(which, |request| request.used.is_none()));
    }

    pub(super) fn reset(&mut self) {
        self.used.clear();
        self.put_meters();
    }

    /// Ends all requests.
    pub(super) fn leave(&mut self) {
        self.arriving.clear();
        while let Some(request) = self.under_way.pop() {
            if request.used.is_some() {
                request.reservation.commit();
            }
        }
    }

    /// Compares each quota with its expected state.
    pub(super) fn check(&self) -> Result<(), TestCaseError> {
        let meters = self.account.meters();
        prop_assert_eq!(meters.len(), self.quotas.iter().flatten().count());
        for meter in meters {
            let standing = meter.standing(AT);
            let held_back = self.reserved_of(meter.quota.id);
            let held_back = i64::try_from(held_back).unwrap_or(i64::MAX);
            prop_assert_eq!(standing.reserved, held_back, "{:?}", meter);
            prop_assert_eq!(
                i128::from(standing.used),
                self.used_in_total(meter.quota.id)
            );
        }
        Ok(())
    }

    pub(super) fn reserved(&self) -> i64 {
        let meters = self.account.meters();
        let standings = meters.iter().map(|meter| meter.standing(AT).reserved);
        standings.sum()
    }

    pub(super) fn is_in_use(&self) -> bool {
        let state = self.account.lock();
        state.user.is_in_use() || state.keys.values().any(RateLimits::is_in_use)
    }

    fn take(&mut self, which: Index, fits: impl Fn(&UnderWay) -> bool) -> Option<UnderWay> {
        let places = self.under_way.iter().enumerate();
        let places = places.filter_map(|(place, request)| fits(request).then_some(place));
        let places: Vec<_> = places.collect();
        (!places.is_empty()).then(|| self.under_way.remove(*which.get(&places)))
    }

    fn may_pass(&self, wish: Wish) -> bool {
        self.counting(wish).all(|quota| self.fits(quota, wish))
    }

    /// Whether a slot is free; requests whose client has disconnected have none.
    fn has_room(&self) -> bool {
        let running = self.under_way.iter();
        let running = running.filter(|request| request.used.is_none() && !request.is_abandoned);
        running.count() + self.arriving.len() < MAX_CONCURRENT as usize
    }

    fn fits(&self, quota: &QuotaRule, wish: Wish) -> bool {
        let is_exact = quota.metric == Metric::Requests;
        let is_unpriced =
            quota.metric == Metric::Cost && matches!(wish.estimate.cost, Cost::Unpriced { .. });
        if is_unpriced && quota.unpriced == UnpricedPolicy::Refuse {
            return false;
        }
        if quota.strict && !is_exact && (wish.ceiling.is_none() || is_unpriced) {
            return false;
        }
        let held_back = self.reserved_of(quota.id);
        let left = i128::from(quota.limit) - self.used_in_total(quota.id);
        let (_, _, amount) = self.share(wish)(quota);
        let is_alone = !quota.strict && !is_exact && self.running(quota.id).next().is_none();
        left > 0 && (held_back + amount <= left || is_alone)
    }

    fn counting(&self, wish: Wish) -> impl Iterator<Item = &QuotaRule> {
        let quotas = self.quotas.iter().flatten();
        quotas.filter(move |quota| {
            let is_key = |key: Uuid| key == Uuid::from_u128(wish.key);
            let is_ignored = quota.metric == Metric::Cost
                && wish.estimate.cost == Cost::Free
                && !quota.counts_free;
            wish.is_metered
                && !is_ignored
                && quota.api_key_id.is_none_or(is_key)
                && (quota.model_pattern.is_none() || wish.model == Some("a"))
        })
    }

    /// The amount that a request reserves of a quota.
    fn share(&self, wish: Wish) -> impl Fn(&QuotaRule) -> (Uuid, Metric, i128) + use<> {
        let mut counting = self
            .counting(wish)
            .filter(|quota| quota.metric == Metric::Cost);
        let assumes_cost = counting.any(|quota| quota.unpriced != UnpricedPolicy::Allow);
        move |quota| {
            let ceiling = wish.ceiling.filter(|_| quota.strict);
            let worst = ceiling.unwrap_or(wish.estimate);
            let amount = worst.by(quota.metric, assumes_cost);
            (quota.id, quota.metric, amount.into())
        }
    }

    fn used_of(&self, quota: Uuid) -> i128 {
        self.used.get(&quota).copied().unwrap_or(0)
    }

    /// Committed or not.
    fn used_in_total(&self, quota: Uuid) -> i128 {
        let ended = self.shares(quota, |request| request.used.is_some());
        self.used_of(quota) + ended.sum::<i128>()
    }

    fn reserved_of(&self, quota: Uuid) -> i128 {
        self.running(quota).sum()
    }

    /// The amounts that requests in flight reserve of a quota.
    fn running(&self, quota: Uuid) -> impl Iterator<Item = i128> {
        self.shares(quota, |request| request.used.is_none())
    }

    fn shares(&self, quota: Uuid, which: fn(&UnderWay) -> bool) -> impl Iterator<Item = i128> {
        let requests = self.under_way.iter().filter(move |request| which(request));
        let shares = requests.flat_map(|request| &request.shares);
        shares.filter_map(move |(id, _, amount)| (*id == quota).then_some(*amount))
    }
}
