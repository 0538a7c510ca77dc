//! The arithmetic of costs.

use entity::price::{ConditionalRates, ServiceTierRates};
use proptest::prelude::*;

use super::*;
use crate::domain::prices::sample::price;

const ALL: i64 = i64::MAX;

fn priced(rates: [i64; 5], per_request: i64) -> price::Model {
    price::Model {
        input_per_million: rates[0],
        cache_read_per_million: rates[1],
        cache_write_per_million: rates[2],
        output_per_million: rates[3],
        reasoning_per_million: rates[4],
        per_request,
        ..price("*")
    }
}

fn tokens(counts: [i64; 5]) -> Tokens {
    Tokens {
        input: counts[0],
        cache_read: counts[1],
        cache_write: counts[2],
        cache_write_1h: 0,
        output: counts[3],
        reasoning: counts[4],
        ..Tokens::default()
    }
}

/// The cost at standard service.
fn standard(price: &price::Model, tokens: Tokens) -> i64 {
    let tier = ServiceTier::Standard;
    cost(price, PricedUsage { tokens, tier })
}

/// Rates in whole dollars: input, cache read, cache write, the same for an hour, output, reasoning.
fn rates(dollars: [i64; 6]) -> TokenRates {
    let [
        input,
        cache_read,
        cache_write,
        cache_write_1h,
        output,
        reasoning,
    ] = dollars.map(|dollars| dollars * 1_000_000_000);
    TokenRates {
        input,
        cache_read,
        cache_write,
        cache_write_1h,
        output,
        reasoning,
    }
}

fn long(above: i64, dollars: [i64; 6]) -> LongPromptRates {
    let rates = rates(dollars);
    LongPromptRates { above, rates }
}

/// $2, $1, $3, $4, $10, $12; above 100 tokens, $4, $2, $6, $8, $20, $24; priority is three times as much, and above 100
/// tokens five times.
fn conditional(rule: LongPromptRule) -> price::Model {
    price::Model {
        cache_write_1h_per_million: Some(4_000_000_000),
        conditional_rates: Some(ConditionalRates {
            long_prompt_rule: rule,
            long_prompts: vec![long(100, [4, 2, 6, 8, 20, 24])],
            service_tiers: vec![ServiceTierRates {
                tier: ServiceTier::Priority,
                rates: rates([6, 3, 9, 12, 30, 36]),
                long_prompts: vec![long(100, [10, 5, 15, 20, 50, 60])],
            }],
        }),
        ..priced([2, 1, 3, 10, 12].map(|dollars| dollars * 1_000_000_000), 0)
    }
}

fn at(tier: ServiceTier, tokens: Tokens) -> PricedUsage {
    PricedUsage { tokens, tier }
}

/// In thousandths of a nano-USD per token, so that a rate of $1 is 1000.
fn dollars(price: &price::Model, tier: ServiceTier, tokens: Tokens) -> i64 {
    cost(price, at(tier, tokens)) / 1000
}

#[test]
fn each_bucket_has_its_own_price() {
    // Claude Sonnet: $3, $0.30, $3.75, $15, $15, and $0.01 per request.
    let rates = [3, 0, 0, 15, 15].map(|dollars| dollars * 1_000_000_000);
    let price = priced(
        [rates[0], 300_000_000, 3_750_000_000, rates[3], rates[4]],
        10_000_000,
    );

    let cost = standard(&price, tokens([1_000, 20_000, 4_000, 500, 100]));

    assert_eq!(
        cost,
        3_000_000 + 6_000_000 + 15_000_000 + 7_500_000 + 1_500_000 + 10_000_000
    );
}

#[test]
fn the_sum_is_rounded_once_and_half_up() {
    let half = priced([500_000, 250_000, 0, 249_999, 0], 0);

    assert_eq!(standard(&half, tokens([1, 0, 0, 0, 0])), 1);
    assert_eq!(standard(&half, tokens([0, 1, 0, 1, 0])), 0);
    assert_eq!(standard(&half, tokens([0, 2, 0, 0, 0])), 1);
    assert_eq!(standard(&half, tokens([1, 2, 0, 0, 0])), 1);
}

#[test]
fn absurd_counts_stop_at_the_most_there_is() {
    assert_eq!(standard(&priced([ALL; 5], ALL), tokens([ALL; 5])), ALL);
}

#[test]
fn one_hour_cache_writes_have_their_own_rate_or_that_of_others() {
    let price = conditional(LongPromptRule::WholeRequest);
    let written = Tokens {
        cache_write: 10,
        cache_write_1h: 4,
        ..Tokens::default()
    };

    assert_eq!(
        dollars(&price, ServiceTier::Standard, written),
        6 * 3 + 4 * 4
    );
    let without = price::Model {
        cache_write_1h_per_million: None,
        ..price
    };
    assert_eq!(dollars(&without, ServiceTier::Standard, written), 10 * 3);
    let contradictory = Tokens {
        cache_write_1h: 99,
        ..written
    };
    assert_eq!(
        dollars(&without, ServiceTier::Standard, contradictory),
        10 * 3
    );
}

#[test]
fn a_long_prompt_raises_the_rates_of_the_whole_request() {
    let price = conditional(LongPromptRule::WholeRequest);
    let standard = |tokens| dollars(&price, ServiceTier::Standard, tokens);

    let at_the_threshold = tokens([50, 40, 10, 7, 1]);
    assert_eq!(
        standard(at_the_threshold),
        50 * 2 + 40 + 10 * 3 + 7 * 10 + 12
    );
    let above = tokens([51, 40, 10, 7, 1]);
    assert_eq!(standard(above), 51 * 4 + 40 * 2 + 10 * 6 + 7 * 20 + 24);
}

#[test]
fn a_long_prompt_raises_only_the_part_above_by_that_rule() {
    let price = conditional(LongPromptRule::PartAbove);

    // The prompt is 40 tokens from the cache, 20 written to it, of which 5 for an hour, and 60 others: 40 of these are
    // within the first 100.
    let usage = Tokens {
        cache_write_1h: 5,
        ..tokens([60, 40, 20, 7, 1])
    };

    let expected = 40 + 5 * 4 + 15 * 3 + 40 * 2 + 20 * 4 + 7 * 10 + 12;
    assert_eq!(dollars(&price, ServiceTier::Standard, usage), expected);
}

#[test]
fn a_service_tier_has_its_own_rates_and_long_prompts() {
    let price = conditional(LongPromptRule::WholeRequest);
    let of = |tier, input| dollars(&price, tier, tokens([input, 0, 0, 0, 0]));

    assert_eq!(of(ServiceTier::Priority, 100), 600);
    assert_eq!(of(ServiceTier::Priority, 101), 1010);
    // The price has no rates for these.
    assert_eq!(of(ServiceTier::Flex, 100), 200);
    assert_eq!(of(ServiceTier::Batch, 101), 404);
    // A provider without a fast mode serves it with priority.
    assert_eq!(of(ServiceTier::Fast, 100), 600);
    assert_eq!(
        Schedule::of(&price, ServiceTier::Fast).tier,
        ServiceTier::Priority
    );
}

#[test]
fn the_maximum_is_at_the_dearest_kind_of_tokens_tier_and_prompt_size() {
    let price = conditional(LongPromptRule::WholeRequest);
    let tokens = |input| Tokens {
        input,
        output: 10,
        ..Tokens::default()
    };
    let most = |input, tiers: &[ServiceTier]| max_cost(&price, tokens(input), tiers) / 1000;
    let standard = [ServiceTier::Standard];

    assert_eq!(most(100, &standard), 100 * 4 + 10 * 12);
    assert_eq!(most(101, &standard), 101 * 8 + 10 * 24);
    let either = [ServiceTier::Priority, ServiceTier::Standard];
    assert_eq!(most(100, &either), 100 * 12 + 10 * 36);
    assert_eq!(most(100, &ServiceTier::ALL), most(100, &either));
    let part = conditional(LongPromptRule::PartAbove);
    let part = max_cost(&part, tokens(150), &standard) / 1000;
    assert_eq!(part, 100 * 4 + 50 * 8 + 10 * 12);
}

fn some_price() -> impl Strategy<Value = price::Model> {
    let rates = prop::array::uniform6(0..1000_i64);
    let rule = prop_oneof![
        Just(LongPromptRule::WholeRequest),
        Just(LongPromptRule::PartAbove)
    ];
    (
        rates,
        prop::collection::vec((1..300_i64, 0..50_i64), 0..4),
        rule,
    )
        .prop_map(|(base, steps, rule)| {
            // Later rates are never lower.
            let (mut above, mut more) = (0, 0);
            let mut long_prompts = Vec::new();
            for (step, increase) in steps {
                above += step;
                more += increase;
                long_prompts.push(long(above, base.map(|rate| rate + more)));
            }
            let [input, read, write, write_1h, output, reasoning] =
                base.map(|dollars| dollars * 1_000_000_000);
            price::Model {
                cache_write_1h_per_million: Some(write_1h),
                conditional_rates: Some(ConditionalRates {
                    long_prompt_rule: rule,
                    long_prompts,
                    service_tiers: Vec::new(),
                }),
                ..priced([input, read, write, output, reasoning], 0)
            }
        })
}

fn some_tokens() -> impl Strategy<Value = Tokens> {
    (prop::array::uniform5(0..1000_i64), 0..1000_i64).prop_map(|(counts, hour)| Tokens {
        cache_write_1h: hour.min(counts[2]),
        ..tokens(counts)
    })
}

proptest! {
    #[test]
    fn nothing_ever_costs_less_than_nothing(rates: [i64; 5], per_request: i64, counts: [i64; 5]) {
        prop_assert!(standard(&priced(rates, per_request), tokens(counts)) >= 0);
    }

    #[test]
    fn more_tokens_never_cost_less(rates: [i64; 5], counts: [i64; 5], bucket in 0..5_usize, more in 0..ALL) {
        let price = priced(rates, 0);
        let mut greater = counts;
        greater[bucket] = greater[bucket].saturating_add(more);
        prop_assert!(standard(&price, tokens(greater)) >= standard(&price, tokens(counts)));
    }

    #[test]
    fn more_tokens_never_cost_less_with_long_prompts(
        price in some_price(),
        counts in prop::array::uniform5(0..1000_i64),
        more in prop::array::uniform5(0..300_i64),
    ) {
        let mut greater = counts;
        for (count, more) in greater.iter_mut().zip(more) {
            *count += more;
        }
        prop_assert!(standard(&price, tokens(greater)) >= standard(&price, tokens(counts)));
    }

    #[test]
    fn parts_add_up_to_the_whole_but_for_rounding(
        rates in prop::array::uniform5(0..1_000_000_000_000_i64),
        one in prop::array::uniform5(0..1_000_000_i64),
        other in prop::array::uniform5(0..1_000_000_i64),
    ) {
        let price = priced(rates, 0);
        let mut both = one;
        for (sum, more) in both.iter_mut().zip(other) {
            *sum += more;
        }
        let parts = standard(&price, tokens(one)) + standard(&price, tokens(other));
        prop_assert!((standard(&price, tokens(both)) - parts).abs() <= 1);
    }

    #[test]
    fn the_parts_of_a_request_have_all_of_its_tokens_and_its_cost(price in some_price(), tokens in some_tokens()) {
        let parts: Vec<CostPart> = Schedule::of(&price, ServiceTier::Standard).parts(tokens).collect();
        let count: i64 = parts.iter().map(|part| part.tokens).sum();
        let sum: i64 = parts.iter().map(|part| part.cost()).sum();
        prop_assert_eq!(count, tokens.total());
        prop_assert_eq!(sum, standard(&price, tokens));
    }

    #[test]
    fn the_maximum_covers_every_split_of_the_same_tokens(price in some_price(), tokens in some_tokens()) {
        let worst = Tokens {
            input: tokens.prompt(),
            output: tokens.output + tokens.reasoning,
            ..Tokens::default()
        };
        let most = max_cost(&price, worst, &[ServiceTier::Standard]);
        prop_assert!(most >= standard(&price, tokens), "{most}");
    }

    #[test]
    fn conditions_that_do_not_apply_change_nothing(price in some_price(), tokens in some_tokens()) {
        let flat = price::Model { conditional_rates: None, ..price.clone() };
        let mut far = price;
        let conditions = far.conditional_rates.as_mut().unwrap();
        conditions.long_prompts.iter_mut().for_each(|step| step.above += 10_000);
        prop_assert_eq!(standard(&far, tokens), standard(&flat, tokens));
    }
}
