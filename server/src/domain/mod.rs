//! The business rules. Uses the tables; knows nothing of HTTP or GraphQL.

pub mod account_groups;
pub mod account_limits;
pub mod admins;
pub mod agent_sessions;
pub mod alerts;
pub mod api_tokens;
pub mod audit;
pub mod backups;
pub mod client_family;
pub mod client_setup;
pub mod downloads;
pub mod engine_accounts;
pub mod engine_models;
pub mod engine_usage;
mod error;
pub mod exports;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod key_rotation;
pub mod ledger;
pub mod login_throttle;
pub mod model_aliases;
pub mod model_catalogue;
pub mod model_name;
pub mod models;
pub mod notifications;
pub mod output_bounds;
pub mod paging;
pub mod patch;
mod periods;
pub mod prices;
pub mod provider_accounts;
pub mod provider_logins;
pub mod requests;
pub mod retention;
pub mod saved_views;
pub mod seen_models;
pub mod server_secrets;
pub mod sessions;
pub mod settings;
pub mod shares;
mod text;
pub mod tokens;
pub mod usage;
pub mod usd;
pub mod users;
mod version;
mod viewer;
pub mod window_openings;
pub mod window_readings;
pub mod windows;

pub use self::{
    error::{Error, Result},
    viewer::Viewer,
};
