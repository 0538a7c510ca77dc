//! Prices of tokens.

pub(super) mod conditions;
mod create;
pub(super) mod list;
mod update;

pub(super) use self::{
    create::PriceMutation,
    list::PriceQuery,
    update::{PriceUpdateMutation, PriceUpdateQuery},
};
