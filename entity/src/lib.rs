//! One module per table, nothing else: no queries, no business rules.

pub mod admin;
pub mod api_key;
pub mod api_token;
pub mod provider_account;
pub mod request;
pub mod secret;
pub mod session;
pub mod setting;
pub mod user;

/// Model names a caller is restricted to; `*` matches any run of characters.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    sea_orm::FromJsonQueryResult,
)]
pub struct ModelPatterns(pub Vec<String>);
