//! Signing in at providers. A sign-in crosses these rooms in this order:
//!
//! [`begin`] (which asks for consent, by [`protocol`] or the engine) → the browser, a paste or [`watch`]
//! (which waits for a person elsewhere) → [`complete`] (which turns the answer into tokens, once) →
//! [`account`] or [`copilot`] → the domain. What differs between providers is a row in [`provider`].
//! Afterwards [`token_refresher`] renews the tokens that the engine cannot renew itself.

mod account;
mod authorization_response;
mod begin;
mod complete;
mod copilot;
mod discovery;
mod http;
mod protocol;
mod provider;
mod service;
mod sign_in_error;
mod token_refresher;
mod view;
mod watch;

pub use self::{
    authorization_response::{AuthorizationResponse, AuthorizationResponseError},
    service::{OAuthOptions, OAuthService},
    view::ProviderLoginView,
};
