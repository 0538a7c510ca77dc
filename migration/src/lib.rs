//! The migrations of the schema, oldest first. Published ones are never edited.

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigratorTrait, SchemaManager};

mod m20261122_000001_create_admin;
mod m20261122_000002_create_user;
mod m20261122_000003_create_request;
mod m20261122_000004_create_provider_account;
mod m20261122_000005_create_setting;
mod m20261122_000006_create_price;
mod m20261122_000007_create_quota;
mod m20261122_000008_create_usage;
mod m20261122_000009_create_ledger_batch;
mod m20261125_000010_add_login_to_provider_account;
mod m20261125_000014_create_provider_login;
mod m20261125_000015_create_model_alias;
mod m20261125_000016_create_audit_event;
mod m20261125_000017_add_team_to_admin;
mod m20261125_000018_create_notification;
mod m20261126_000019_add_check_to_provider_account;
mod m20261129_000020_add_replacement_to_api_key;
mod m20261129_000021_rename_account_expired;
mod m20261130_000022_add_failure_to_request;
mod m20261130_000023_rename_reported_at;
mod m20261130_000024_add_request_indexes;
mod m20261130_000025_add_versions;
mod m20261130_000027_create_alert;
mod m20261130_000028_add_pause_to_provider_account;
mod m20261130_000031_add_creator_to_api_key;
mod m20261130_000032_create_user_invitation;
mod m20261130_000033_create_saved_view;
mod m20261130_000034_add_conditions_to_price;
mod m20261130_000035_add_unpriced_policy;
mod m20261130_000036_add_alert_address;
mod m20261130_000037_create_seen_model;
mod m20261130_000038_create_window_reading;
mod m20261130_000040_add_media_to_request;
mod m20261130_000041_create_window_cycle;
mod m20261130_000043_add_wait_to_request;
mod m20261130_000044_add_raise_to_quota;
mod m20261130_000045_create_account_group;
mod m20261130_000047_add_stop_lines_to_provider_account;
mod m20261130_000048_create_share_pool;
mod m20261130_000049_create_user_group;
mod m20261130_000050_create_agent_session;
mod m20261130_000051_create_agent_sign_in;
mod m20261130_000052_add_sign_in_to_api_key;
mod m20261130_000053_add_networks_to_api_key;
mod m20261130_000054_create_key_warning;
mod m20261130_000055_create_replica;
mod m20261130_000056_key_ledger_batch_by_incarnation;
mod m20261130_000057_add_incarnation_to_provider_login;
mod m20261130_000058_create_window_opening;

/// Migrates the schema.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_admin::Migration),
            Box::new(m20261122_000002_create_user::Migration),
            Box::new(m20261122_000003_create_request::Migration),
            Box::new(m20261122_000004_create_provider_account::Migration),
            Box::new(m20261122_000005_create_setting::Migration),
            Box::new(m20261122_000006_create_price::Migration),
            Box::new(m20261122_000007_create_quota::Migration),
            Box::new(m20261122_000008_create_usage::Migration),
            Box::new(m20261122_000009_create_ledger_batch::Migration),
            Box::new(m20261125_000010_add_login_to_provider_account::Migration),
            Box::new(m20261125_000014_create_provider_login::Migration),
            Box::new(m20261125_000015_create_model_alias::Migration),
            Box::new(m20261125_000016_create_audit_event::Migration),
            Box::new(m20261125_000017_add_team_to_admin::Migration),
            Box::new(m20261125_000018_create_notification::Migration),
            Box::new(m20261126_000019_add_check_to_provider_account::Migration),
            Box::new(m20261129_000020_add_replacement_to_api_key::Migration),
            Box::new(m20261129_000021_rename_account_expired::Migration),
            Box::new(m20261130_000022_add_failure_to_request::Migration),
            Box::new(m20261130_000023_rename_reported_at::Migration),
            Box::new(m20261130_000024_add_request_indexes::Migration),
            Box::new(m20261130_000025_add_versions::Migration),
            Box::new(m20261130_000027_create_alert::Migration),
            Box::new(m20261130_000028_add_pause_to_provider_account::Migration),
            Box::new(m20261130_000031_add_creator_to_api_key::Migration),
            Box::new(m20261130_000032_create_user_invitation::Migration),
            Box::new(m20261130_000033_create_saved_view::Migration),
            Box::new(m20261130_000034_add_conditions_to_price::Migration),
            Box::new(m20261130_000035_add_unpriced_policy::Migration),
            Box::new(m20261130_000036_add_alert_address::Migration),
            Box::new(m20261130_000037_create_seen_model::Migration),
            Box::new(m20261130_000038_create_window_reading::Migration),
            Box::new(m20261130_000040_add_media_to_request::Migration),
            Box::new(m20261130_000041_create_window_cycle::Migration),
            Box::new(m20261130_000043_add_wait_to_request::Migration),
            Box::new(m20261130_000044_add_raise_to_quota::Migration),
            Box::new(m20261130_000045_create_account_group::Migration),
            Box::new(m20261130_000047_add_stop_lines_to_provider_account::Migration),
            Box::new(m20261130_000048_create_share_pool::Migration),
            Box::new(m20261130_000049_create_user_group::Migration),
            Box::new(m20261130_000050_create_agent_session::Migration),
            Box::new(m20261130_000051_create_agent_sign_in::Migration),
            Box::new(m20261130_000052_add_sign_in_to_api_key::Migration),
            Box::new(m20261130_000053_add_networks_to_api_key::Migration),
            Box::new(m20261130_000054_create_key_warning::Migration),
            Box::new(m20261130_000055_create_replica::Migration),
            Box::new(m20261130_000056_key_ledger_batch_by_incarnation::Migration),
            Box::new(m20261130_000057_add_incarnation_to_provider_login::Migration),
            Box::new(m20261130_000058_create_window_opening::Migration),
        ]
    }
}
