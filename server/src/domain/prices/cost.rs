//! The cost of token counts.

use entity::price;

use crate::domain::tokens::Tokens;

const MILLION: i128 = 1_000_000;

/// The cost of these tokens, including the price per request, in nano-USD. Rounded once, half up; clamped to 0 and the
/// maximum of the type.
pub fn cost(price: &price::Model, tokens: Tokens) -> i64 {
    let parts = [
        (price.input_per_million, tokens.input),
        (price.cache_read_per_million, tokens.cache_read),
        (price.cache_write_per_million, tokens.cache_write),
        (price.output_per_million, tokens.output),
        (price.reasoning_per_million, tokens.reasoning),
    ];
    let millionths = parts
        .into_iter()
        .map(|(rate, count)| i128::from(rate.max(0)) * i128::from(count.max(0)))
        .fold(MILLION / 2, i128::saturating_add);
    let total = millionths / MILLION + i128::from(price.per_request.max(0));
    i64::try_from(total).unwrap_or(i64::MAX)
}

/// The maximum cost of these tokens: input may be written to a cache, output may be reasoning.
pub fn max_cost(price: &price::Model, tokens: Tokens) -> i64 {
    let mut dearest = Tokens::default();
    if price.cache_write_per_million > price.input_per_million {
        dearest.cache_write = tokens.input;
    } else {
        dearest.input = tokens.input;
    }
    if price.reasoning_per_million > price.output_per_million {
        dearest.reasoning = tokens.output;
    } else {
        dearest.output = tokens.output;
    }
    cost(price, dearest)
}

#[cfg(test)]
mod tests {
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
            output: counts[3],
            reasoning: counts[4],
        }
    }

    #[test]
    fn each_bucket_has_its_own_price() {
        // Claude Sonnet: $3, $0.30, $3.75, $15, $15, and $0.01 per request.
        let rates = [3, 0, 0, 15, 15].map(|dollars| dollars * 1_000_000_000);
        let price = priced(
            [rates[0], 300_000_000, 3_750_000_000, rates[3], rates[4]],
            10_000_000,
        );

        let cost = cost(&price, tokens([1_000, 20_000, 4_000, 500, 100]));

        assert_eq!(
            cost,
            3_000_000 + 6_000_000 + 15_000_000 + 7_500_000 + 1_500_000 + 10_000_000
        );
    }

    #[test]
    fn the_sum_is_rounded_once_and_half_up() {
        let half = priced([500_000, 250_000, 0, 249_999, 0], 0);

        assert_eq!(cost(&half, tokens([1, 0, 0, 0, 0])), 1);
        assert_eq!(cost(&half, tokens([0, 1, 0, 1, 0])), 0);
        assert_eq!(cost(&half, tokens([0, 2, 0, 0, 0])), 1);
        assert_eq!(cost(&half, tokens([1, 2, 0, 0, 0])), 1);
    }

    #[test]
    fn absurd_counts_stop_at_the_most_there_is() {
        assert_eq!(cost(&priced([ALL; 5], ALL), tokens([ALL; 5])), ALL);
    }

    proptest! {
        #[test]
        fn nothing_ever_costs_less_than_nothing(rates: [i64; 5], per_request: i64, counts: [i64; 5]) {
            prop_assert!(cost(&priced(rates, per_request), tokens(counts)) >= 0);
        }

        #[test]
        fn more_tokens_never_cost_less(rates: [i64; 5], counts: [i64; 5], bucket in 0..5_usize, more in 0..ALL) {
            let price = priced(rates, 0);
            let mut greater = counts;
            greater[bucket] = greater[bucket].saturating_add(more);
            prop_assert!(cost(&price, tokens(greater)) >= cost(&price, tokens(counts)));
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
            let parts = cost(&price, tokens(one)) + cost(&price, tokens(other));
            prop_assert!((cost(&price, tokens(both)) - parts).abs() <= 1);
        }
    }
}
