//! Upper bounds of costs.

use entity::price;

use super::cost;
use crate::domain::tokens::Tokens;

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
