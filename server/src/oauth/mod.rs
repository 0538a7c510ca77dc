//! Signing in at providers. A sign-in crosses these rooms in this order:
//!
//! [`begin`] (which asks for consent, by [`protocol`] or the engine) → the browser, a paste or [`watch`]
//! (which waits for a person elsewhere) → [`complete`] (which turns the answer into tokens, once) →
//! [`account`] or [`copilot`] → the domain. What differs between providers is a row in [`provider`].
//! Afterwards [`keeper`] renews the tokens that the engine cannot renew itself.

mod account;
mod answer;
mod begin;
mod complete;
mod copilot;
mod discovery;
mod fault;
mod http;
mod keeper;
mod protocol;
mod provider;
mod room;
mod view;
mod watch;

pub use self::{
    answer::{Answer, NoAnswer},
    provider::provider_named,
    room::{OAuth, OAuthOptions},
    view::ProviderLoginView,
};
