//! The weight of requests: about proportional to what they use of a subscription's window.

use entity::request;

use crate::domain::tokens::{Tokens, tokens_of};

/// Weights of tokens relative to fresh input, as providers price them.
const CACHE_READ: f64 = 0.1;
const CACHE_WRITE: f64 = 1.25;
const OUTPUT: f64 = 5.0;
/// List prices of a million input tokens in US dollars, by a part of the model's name. The first that matches applies.
const FAMILIES: [(&str, f64); 9] = [
    ("opus", 5.0),
    ("sonnet", 3.0),
    ("haiku", 1.0),
    ("nano", 0.1),
    ("mini", 0.3),
    ("flash", 0.4),
    ("gpt", 2.0),
    ("pro", 2.0),
    ("grok", 3.0),
];
/// Of other models.
const OTHER: f64 = 2.0;

/// The units of a request, in about US dollars at list prices; 0 while its tokens are unknown.
pub(super) fn of_row(row: &request::Model) -> f64 {
    let model = row.served_model.as_deref().or(row.model.as_deref());
    tokens_of(row).map_or(0.0, |tokens| of_tokens(model.unwrap_or_default(), tokens))
}

pub(super) fn of_tokens(model: &str, tokens: Tokens) -> f64 {
    let model = model.to_ascii_lowercase();
    let mut families = FAMILIES.iter();
    let family = families.find(|(family, _)| model.contains(family));
    let price = family.map_or(OTHER, |(_, price)| *price);
    let output = tokens.output.saturating_add(tokens.reasoning);
    let weighed = millions(tokens.input)
        + CACHE_READ * millions(tokens.cache_read)
        + CACHE_WRITE * millions(tokens.cache_write)
        + OUTPUT * millions(output);
    price * weighed
}

fn millions(tokens: i64) -> f64 {
    let thousands = tokens.max(0).div_euclid(1000);
    let rest = tokens.max(0).rem_euclid(1000);
    let number = |count: i64| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    number(thousands) / 1e3 + number(rest) / 1e6
}
