//! Random sequences of requests: the reserved amounts always equal those of the requests in flight.

mod hammer;
mod model;

use std::{
    sync::{LazyLock, atomic::AtomicU64},
    time::Instant,
};

use chrono::{DateTime, Utc};
use proptest::{collection::vec, option, prelude::*, sample::Index};

use self::model::House;
use super::*;
use crate::{Cost, LimitRaise, QuotaRule, QuotaWindow, reservation::LimitKind};

type UserLimits = super::UserLimits<QuotaRule>;
type Start = super::Start<QuotaRule>;
type Reservation = super::Reservation<QuotaRule>;
type RequestSlot = super::RequestSlot<QuotaRule>;
type QuotaState = super::QuotaState<QuotaRule>;

const AT: DateTime<Utc> = DateTime::<Utc>::UNIX_EPOCH;
/// Concurrent requests of the user.
const MAX_CONCURRENT: u32 = 8;

/// A random request.
#[derive(Clone, Copy, Debug)]
struct Wish {
    key: u128,
    model: Option<&'static str>,
    is_metered: bool,
    estimate: Amounts,
    ceiling: Option<Amounts>,
}

/// A random event.
#[derive(Clone, Debug)]
enum Step {
    Reserve(Wish),
    /// The head of a request of this key arrives; its body is pending.
    Arrive(u128),
    /// The client of such a request disconnects, or the request is rejected.
    Leave(Index, bool),
    /// The client of a request in flight disconnects; the response is still read.
    Abandon(Index),
    /// A request in flight ends with this usage.
    Settle(Index, Amounts),
    /// A request that has ended is in the database.
    Commit(Index),
    /// A request in flight was not forwarded.
    Drop(Index),
    /// Sets the limit of each kind of quota; `None` for no quota.
    SetMeters([Option<i64>; model::KINDS]),
    Reset,
}

/// Mostly amounts that fit a few times into a limit, and some absurd ones.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => 0..200_i64,
        1 => Just(i64::MAX),
        1 => (i64::MAX - 200)..i64::MAX,
    ]
}

fn limit() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0..1000_i64, 1 => Just(i64::MAX)]
}

/// By the number of the kind of cost.
fn amounts(kind: u8) -> impl Strategy<Value = Amounts> {
    (amount(), amount()).prop_map(move |(tokens, cost)| Amounts {
        tokens,
        cost: match kind {
            0 => Cost::Free,
            1 => Cost::Unpriced { assumed: cost },
            _ => Cost::Priced(cost),
        },
        requests: 1,
    })
}

fn wish() -> impl Strategy<Value = Wish> {
    let who = (
        0..2_u128,
        prop::sample::select(vec![None, Some("a"), Some("b")]),
    );
    (who, prop::bool::weighted(0.9), 0..4_u8).prop_flat_map(
        |((key, model), is_metered, kind_of_cost)| {
            let amounts = || amounts(kind_of_cost);
            (amounts(), option::weighted(0.8, amounts())).prop_map(move |(estimate, ceiling)| {
                Wish {
                    key,
                    model,
                    is_metered,
                    estimate,
                    ceiling,
                }
            })
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let used = (0..300_i64, 0..300_i64).prop_map(|(tokens, cost)| Amounts {
        tokens,
        cost: Cost::Priced(cost),
        requests: 1,
    });
    prop_oneof![
        8 => wish().prop_map(Step::Reserve),
        2 => (0..2_u128).prop_map(Step::Arrive),
        2 => (any::<Index>(), any::<bool>()).prop_map(|(which, refused)| Step::Leave(which, refused)),
        2 => any::<Index>().prop_map(Step::Abandon),
        3 => (any::<Index>(), used).prop_map(|(which, used)| Step::Settle(which, used)),
        3 => any::<Index>().prop_map(Step::Commit),
        2 => any::<Index>().prop_map(Step::Drop),
        1 => prop::array::uniform(option::weighted(0.7, limit())).prop_map(Step::SetMeters),
        1 => Just(Step::Reset),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn reserved_amounts_equal_those_of_the_requests_in_flight(
        limits in prop::array::uniform(option::weighted(0.7, limit())),
        steps in vec(step(), 0..60),
    ) {
        let mut house = House::default();
        house.set_meters(limits);
        for step in steps {
            match step {
                Step::Reserve(wish) => house.reserve(wish)?,
                Step::Arrive(key) => house.arrive(key)?,
                Step::Leave(which, refused) => house.leave_early(which, refused),
                Step::Abandon(which) => house.abandon(which),
                Step::Settle(which, used) => house.settle(which, used),
                Step::Commit(which) => house.commit(which),
                Step::Drop(which) => house.give_up(which),
                Step::SetMeters(limits) => house.set_meters(limits),
                Step::Reset => house.reset(),
            }
            house.check()?;
        }
        house.leave();
        house.check()?;
        prop_assert_eq!(house.reserved(), 0);
        prop_assert!(!house.is_in_use());
    }

    #[test]
    fn all_limits_are_reserved_or_none_and_all_is_returned(
        limits in prop::array::uniform::<_, 2>((option::of(1..20_u32), option::of(1..500_u64))),
        wishes in vec(wish(), 1..40),
    ) {
        let [user, key] = limits.map(|(requests_per_minute, tokens_per_minute)| RateLimit {
            requests_per_minute,
            tokens_per_minute,
            ..RateLimit::default()
        });
        let account = new_limits();
        account.set_rate_limits(Some(user), [(Uuid::nil(), Some(key))].into_iter());
        let mut passing = Vec::new();
        for wish in wishes {
            let before = format!("{:?}", account.lock());
            let Ok(slot) = start(&account, wish.key).slot else {
                prop_assert_eq!(format!("{:?}", account.lock()), before);
                continue;
            };
            let started = format!("{:?}", account.lock());
            match UserLimits::reserve(slot, &wish.request(), ProviderSet::default()) {
                Ok(reservation) => passing.push(reservation),
                Err((_, slot)) => {
                    prop_assert_eq!(format!("{:?}", account.lock()), started);
                    slot.refund();
                }
            }
        }
        drop(passing);
        let now = (account.clock)();
        let state = account.lock();
        for rate_limits in state.keys.values().chain([&state.user]) {
            prop_assert!(!rate_limits.is_in_use());
            let pacing = rate_limits.pacing(RateLimit::default(), now);
            prop_assert!(pacing.is_none_or(|pacing| pacing.remaining == pacing.limit));
        }
    }
}

#[test]
fn an_aborted_request_frees_its_slot_and_counts_per_minute() {
    let account = new_limits();
    let limit = RateLimit {
        requests_per_minute: Some(2),
        concurrent_requests: Some(1),
        ..RateLimit::default()
    };
    account.set_rate_limits(Some(limit), std::iter::empty());
    let kind = |start: Start| match start.slot {
        Err(LimitError::Rate { kind, .. }) => Some(kind),
        Err(_) | Ok(_) => None,
    };

    let first = start(&account, 0).slot.unwrap();
    assert_eq!(
        kind(start(&account, 0)),
        Some(LimitKind::ConcurrentRequests)
    );
    drop(first);
    start(&account, 0).slot.unwrap().refund();
    drop(start(&account, 1).slot.unwrap());
    assert_eq!(kind(start(&account, 0)), Some(LimitKind::RequestsPerMinute));
}

#[test]
fn an_abandoned_response_keeps_its_tokens_and_frees_its_slot() {
    let account = new_limits();
    let limit = RateLimit {
        tokens_per_minute: Some(100),
        concurrent_requests: Some(1),
        ..RateLimit::default()
    };
    account.set_rate_limits(Some(limit), std::iter::empty());
    let wish = |tokens| Wish {
        key: 0,
        model: None,
        is_metered: true,
        estimate: Amounts {
            tokens,
            cost: Cost::Free,
            requests: 1,
        },
        ceiling: None,
    };

    let mut abandoned = request(&account, wish(60)).unwrap();
    abandoned.release_slot();
    let too_much = request(&account, wish(60)).unwrap_err();
    let fits = request(&account, wish(40)).unwrap();
    drop(fits);
    abandoned.settle(60, 0);
    abandoned.commit();

    assert!(matches!(
        too_much,
        LimitError::Rate {
            kind: LimitKind::TokensPerMinute,
            ..
        }
    ));
    assert!(!account.lock().user.is_in_use());
}

#[test]
fn of_all_quotas_that_count_an_unpriced_request_the_least_lenient_decides() {
    let unpriced = |assumed| {
        let amounts = Amounts {
            tokens: 1,
            cost: Cost::Unpriced { assumed },
            requests: 1,
        };
        Wish {
            key: 0,
            model: None,
            is_metered: true,
            estimate: amounts,
            ceiling: None,
        }
    };
    let with = |policy| QuotaRule {
        unpriced: policy,
        ..quota(Metric::Cost, 100)
    };
    let reserved = |account: &UserLimits| -> Vec<i64> {
        let meters = account.meters();
        meters
            .iter()
            .map(|meter| meter.standing(AT).reserved)
            .collect()
    };
    let set = |policies: &[UnpricedPolicy]| {
        let account = new_limits();
        let meters = policies
            .iter()
            .map(|policy| state(with(*policy), BTreeMap::new()));
        account.set_meters(meters.collect());
        account
    };

    let lenient = set(&[UnpricedPolicy::Allow]);
    let passing = request(&lenient, unpriced(60)).unwrap();
    assert_eq!(reserved(&lenient), [0]);
    assert!(!lenient.may_assume_costs());
    drop(passing);
    let assuming = set(&[UnpricedPolicy::Allow, UnpricedPolicy::Assume]);
    let passing = request(&assuming, unpriced(60)).unwrap();
    assert_eq!(reserved(&assuming), [60, 60]);
    assert!(request(&assuming, unpriced(60)).is_err());
    drop(passing);
    let refusing = set(&[UnpricedPolicy::Assume, UnpricedPolicy::Refuse]);
    let refused = request(&refusing, unpriced(0)).unwrap_err();
    assert!(
        matches!(refused, LimitError::Unpriced { .. }),
        "{refused:?}"
    );
}

#[test]
fn a_free_model_is_usable_when_the_money_is_spent_unless_the_quota_counts_it() {
    let free = Wish {
        key: 0,
        model: None,
        is_metered: true,
        estimate: Amounts {
            tokens: 1,
            cost: Cost::Free,
            requests: 1,
        },
        ceiling: None,
    };
    let account = new_limits();
    let strict = |counts_free: bool| QuotaRule {
        strict: !counts_free,
        counts_free,
        ..quota(Metric::Cost, 100)
    };
    let spent = |counts_free| state(strict(counts_free), BTreeMap::from([(0, 100)]));

    account.set_meters(vec![spent(false)]);
    drop(request(&account, free).unwrap());
    account.set_meters(vec![spent(true)]);
    let refused = request(&account, free).unwrap_err();

    assert!(matches!(refused, LimitError::Quota { .. }), "{refused:?}");
}

fn start(account: &Arc<UserLimits>, key: u128) -> Start {
    account.start(Uuid::from_u128(key), RateLimit::default())
}

/// Starts and reserves; a rejection returns everything.
fn request(account: &Arc<UserLimits>, wish: Wish) -> Result<Reservation, LimitError> {
    let slot = start(account, wish.key).slot?;
    let reserved = UserLimits::reserve(slot, &wish.request(), ProviderSet::default());
    reserved.map_err(|(limited, slot)| {
        slot.refund();
        limited
    })
}

impl Wish {
    fn request(&self) -> LimitRequest<'_> {
        LimitRequest {
            model: self.model,
            target: None,
            is_metered: self.is_metered,
            estimate: self.estimate,
            ceiling: self.ceiling,
            at: AT,
        }
    }

    /// The usage of the request at its end.
    fn usage(&self, used: Amounts) -> RequestUsage {
        RequestUsage {
            api_key_id: Uuid::from_u128(self.key),
            provider: None,
            amounts: if self.is_metered {
                used
            } else {
                Amounts::default()
            },
            at: AT,
        }
    }

    fn charges(&self, account: &UserLimits, used: Amounts) -> Vec<Charge> {
        account.charges(&self.usage(used), &[self.model])
    }
}

fn new_limits() -> Arc<UserLimits> {
    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    Arc::new(UserLimits::new(|| ORIGIN.elapsed()))
}

/// A lifetime quota of the user.
#[test]
fn a_raise_counts_until_it_ends() {
    let account = Arc::new(UserLimits::new(|| Duration::ZERO));
    let rule = QuotaRule {
        raise: Some(LimitRaise {
            amount: 5,
            until: AT + chrono::TimeDelta::seconds(10),
        }),
        ..quota(Metric::Requests, 1)
    };
    let id = rule.id;
    account.set_meters(vec![QuotaState::new(rule.clone(), rule, BTreeMap::new())]);
    account.add(
        Charge {
            quota_id: id,
            bucket: QuotaWindow::Lifetime.bucket(AT),
            amount: 3,
        },
        AT,
    );
    let admitted = |seconds| {
        let slot = start(&account, 1).slot.unwrap();
        let request = LimitRequest {
            model: None,
            target: None,
            is_metered: true,
            estimate: Amounts {
                requests: 1,
                ..Amounts::default()
            },
            ceiling: None,
            at: AT + chrono::TimeDelta::seconds(seconds),
        };
        let reserved = UserLimits::reserve(slot, &request, ProviderSet::default());
        reserved.map_err(|(error, _)| Box::new(error))
    };

    let during = admitted(9);
    let after = admitted(10);

    assert!(during.is_ok());
    let Some(LimitError::Quota { rejecting, .. }) = after.err().map(|error| *error) else {
        panic!("admitted");
    };
    assert_eq!((rejecting.state.limit, rejecting.state.used), (1, 3));
}

fn quota(metric: Metric, limit: i64) -> QuotaRule {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    QuotaRule {
        id: Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into()),
        api_key_id: None,
        metric,
        limit,
        raise: None,
        window: QuotaWindow::Lifetime,
        provider: None,
        model_pattern: None,
        soft_percents: Vec::new(),
        strict: false,
        unpriced: UnpricedPolicy::Assume,
        counts_free: false,
        format_cost: |cost| cost.to_string(),
    }
}

/// A quota with this committed usage.
fn state(rule: QuotaRule, used: BTreeMap<i64, i64>) -> QuotaState {
    QuotaState::new(rule.clone(), rule, used)
}
