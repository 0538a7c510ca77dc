//! Objects that several nouns refer to, as plain data, and scalars. Fields that need a service are in the
//! folder of the noun.

pub(super) mod account_group;
pub(super) mod agent_session;
pub(super) mod agent_sign_in;
pub(super) mod api_key;
pub(super) mod paging;
pub(super) mod provider;
pub(super) mod quota;
pub(super) mod quota_amount;
pub(super) mod rate_limit;
pub(super) mod request;
pub(super) mod request_failure;
pub(super) mod scalar;
pub(super) mod tokens;
pub(super) mod user;
pub(super) mod user_group;
