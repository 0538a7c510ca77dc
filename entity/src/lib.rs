//! The entities, one module per table, without queries or business rules.

pub mod account_access;
pub mod account_group;
pub mod account_group_member;
pub mod account_window;
pub mod admin;
pub mod agent_session;
pub mod agent_sign_in;
pub mod agent_sign_in_request;
pub mod agent_token;
pub mod alert;
pub mod alert_address_request;
pub mod api_key;
pub mod api_token;
pub mod audit_event;
pub mod key_warning;
pub mod ledger_batch;
pub mod model_alias;
pub mod notification;
pub mod notification_channel;
pub mod notification_condition;
pub mod notification_rule;
pub mod price;
pub mod provider_account;
pub mod provider_login;
pub mod quota;
pub mod quota_bucket;
pub mod quota_warning;
pub mod recovery_code;
pub mod replica;
pub mod request;
pub mod request_failure;
pub mod saved_view;
pub mod secret;
pub mod seen_model;
pub mod session;
pub mod setting;
pub mod share_hour;
pub mod share_override;
pub mod share_pool;
pub mod share_weight;
pub mod usage_rollup;
pub mod usage_slice;
pub mod user;
pub mod user_group;
pub mod user_invitation;
pub mod window_cycle;
pub mod window_cycle_user;
pub mod window_opening;
pub mod window_reading;

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

/// Networks that a key may be used from, in CIDR notation.
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
pub struct Networks(pub Vec<String>);

/// Names of the families of clients that a key may be used with.
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
pub struct ClientFamilies(pub Vec<String>);

/// The rate limits of a user or key; `None` is not limited here.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    sea_orm::FromJsonQueryResult,
)]
pub struct RateLimit {
    pub requests_per_minute: Option<u32>,
    pub tokens_per_minute: Option<u64>,
    /// Concurrent requests and socket turns.
    pub concurrent_requests: Option<u32>,
    /// Open WebSockets.
    pub concurrent_sockets: Option<u32>,
    /// How long a request waits for the limits on requests and tokens, in seconds, before it is refused; `None` for not at
    /// all, and for a key as long as its user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait_seconds: Option<u32>,
}
