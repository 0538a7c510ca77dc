//! Whatever requests do and in whatever order: what is held back is what those under way hold back.

mod hammer;
mod model;

use chrono::{DateTime, Utc};
use entity::{
    quota::{Metric, Percents, WindowKind},
    request::{Outcome, Protocol, UsageSource},
};
use proptest::{collection::vec, option, prelude::*, sample::Index};

use self::model::House;
use super::{super::reservation::LimitKind, *};

const AT: DateTime<Utc> = DateTime::<Utc>::UNIX_EPOCH;
/// Requests at once for the user.
const AT_ONCE: u32 = 8;

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
struct Wish {
    key: u128,
    model: Option<&'static str>,
    is_metered: bool,
    estimate: Amounts,
    ceiling: Option<Amounts>,
}

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Reserve(Wish),
    /// The head of a request of this key arrives, and its body is still to come.
    Arrive(u128),
    /// The client of one of those requests leaves, or it is refused.
    Leave(Index, bool),
    /// The client of one of those under way leaves, and its answer is read on.
    Abandon(Index),
    /// One of those under way ends, having used this.
    Settle(Index, Amounts),
    /// One of those that have ended is in the database.
    Commit(Index),
    /// One of those under way was not forwarded.
    Drop(Index),
    /// Of each kind of quota its limit, or none.
    SetMeters([Option<i64>; model::KINDS]),
    Reset,
}

/// Mostly amounts that fit a few times into a limit, and some that no model ever uses.
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

fn amounts(is_priced: bool) -> impl Strategy<Value = Amounts> {
    (amount(), amount()).prop_map(move |(tokens, cost)| Amounts {
        tokens,
        cost: is_priced.then_some(cost),
        requests: 1,
    })
}

fn wish() -> impl Strategy<Value = Wish> {
    let who = (
        0..2_u128,
        prop::sample::select(vec![None, Some("a"), Some("b")]),
    );
    (who, prop::bool::weighted(0.9), any::<bool>()).prop_flat_map(
        |((key, model), is_metered, is_priced)| {
            let amounts = || amounts(is_priced);
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
    let used = (0..300_i64, option::of(0..300_i64)).prop_map(|(tokens, cost)| Amounts {
        tokens,
        cost,
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
    fn what_is_held_back_is_what_those_under_way_hold_back(
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
        prop_assert_eq!(house.held_back(), 0);
        prop_assert!(!house.is_in_use());
    }

    #[test]
    fn of_several_limits_all_are_taken_or_none_and_all_is_given_back(
        limits in prop::array::uniform::<_, 2>((option::of(1..20_u32), option::of(1..500_u64))),
        wishes in vec(wish(), 1..40),
    ) {
        let [user, key] = limits.map(|(requests_per_minute, tokens_per_minute)| RateLimit {
            requests_per_minute,
            tokens_per_minute,
            ..RateLimit::default()
        });
        let account = Arc::new(UserLimits::default());
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
        let now = account.origin.elapsed();
        let state = account.lock();
        for rate_limits in state.keys.values().chain([&state.user]) {
            prop_assert!(!rate_limits.is_in_use());
            let pacing = rate_limits.pacing(RateLimit::default(), now);
            prop_assert!(pacing.is_none_or(|pacing| pacing.remaining == pacing.limit));
        }
    }
}

#[test]
fn a_request_that_is_broken_off_frees_its_place_and_has_cost_one_of_the_minute() {
    let account = Arc::new(UserLimits::default());
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
fn an_abandoned_answer_holds_tokens_back_and_no_place() {
    let account = Arc::new(UserLimits::default());
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
            cost: None,
            requests: 1,
        },
        ceiling: None,
    };

    let mut abandoned = request(&account, wish(60)).unwrap();
    abandoned.release_slot();
    let too_much = request(&account, wish(60)).unwrap_err();
    let fits = request(&account, wish(40)).unwrap();
    drop(fits);
    abandoned.settle(60, None);
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

fn start(account: &Arc<UserLimits>, key: u128) -> Start {
    account.start(Uuid::from_u128(key), RateLimit::default())
}

/// Starts and reserves; a refusal gives everything back.
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
            api_key_id: Uuid::from_u128(self.key),
            model: self.model,
            target: None,
            is_metered: self.is_metered,
            estimate: self.estimate,
            ceiling: self.ceiling,
            at: AT,
            defaults: RateLimit::default(),
        }
    }

    /// The row that is written when it has used this.
    fn row(&self, used: Amounts) -> request::Model {
        request::Model {
            id: Uuid::nil(),
            sequence: 0,
            connection_id: None,
            user_id: Uuid::nil(),
            api_key_id: Uuid::from_u128(self.key),
            started_at: AT.timestamp_micros(),
            duration: 0,
            time_to_first_byte: None,
            endpoint: String::new(),
            protocol: if self.is_metered {
                Protocol::OpenaiChat
            } else {
                Protocol::Other
            },
            model: self.model.map(str::to_owned),
            served_model: None,
            provider: None,
            account_id: None,
            streamed: false,
            http_status: Some(200),
            outcome: Outcome::Completed,
            error_code: None,
            usage_source: UsageSource::Wire,
            reconciliation: None,
            input_tokens: Some(used.tokens),
            cache_read_tokens: Some(0),
            cache_write_tokens: Some(0),
            output_tokens: Some(0),
            reasoning_tokens: Some(0),
            client_ip: None,
            user_agent: None,
            price_id: None,
            cost: used.cost,
        }
    }
}

/// A quota for ever on everything of the user's.
fn quota(metric: Metric, limit: i64) -> entity::quota::Model {
    entity::quota::Model {
        id: Uuid::now_v7(),
        user_id: Uuid::nil(),
        api_key_id: None,
        metric,
        limit,
        window: WindowKind::Lifetime,
        rolling_seconds: None,
        timezone: "UTC".to_owned(),
        provider: None,
        model_pattern: None,
        soft_percents: Percents::default(),
        strict: false,
        created_at: AT,
    }
}
