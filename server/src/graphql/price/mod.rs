//! Prices of tokens.

pub(super) mod conditions;
mod create;
pub(super) mod list;

pub(super) use self::create::PriceMutation;
pub(super) use self::list::PriceQuery;
