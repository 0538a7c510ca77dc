//! The schema: every noun's part put together, and what one operation may cost.

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema, SchemaBuilder};

use super::{
    admin::AdminQuery,
    admin_changes::AdminMutation,
    api_key_changes::ApiKeyMutation,
    api_key_search::ApiKeyQuery,
    api_token::{ApiTokenMutation, ApiTokenQuery},
    audit_event::AuditQuery,
    audit_trail::AuditTrail,
    backup::{BackupMutation, BackupQuery},
    bounds::Bounds,
    client_setup::ClientSetupQuery,
    engine::{EngineMutation, EngineQuery, EngineSubscription},
    engine_log::EngineLogSubscription,
    export::ExportMutation,
    model::ModelQuery,
    model_alias::{ModelAliasMutation, ModelAliasQuery},
    notification::NotificationQuery,
    notification_changes::NotificationMutation,
    price::{PriceMutation, PriceQuery},
    provider_changes::{ProviderMutation, ProviderSubscription},
    provider_health::ProviderHealthMutation,
    provider_login::{ProviderLoginMutation, ProviderLoginQuery, ProviderLoginSubscription},
    provider_query::ProviderQuery,
    provider_settings::ProviderSettingsMutation,
    provider_transfer::ProviderTransferMutation,
    quota::QuotaQuery,
    quota_changes::QuotaMutation,
    report::Reports,
    request::RequestQuery,
    request_log::RequestSubscription,
    second_factor::SecondFactorMutation,
    server_info::ServerInfoQuery,
    session::{SessionMutation, SessionQuery},
    settings::{SettingsMutation, SettingsQuery},
    sign_in::SignInMutation,
    usage::UsageQuery,
    usage_live::UsageSubscription,
    user::UserQuery,
    user_changes::UserMutation,
    viewer::ViewerQuery,
};

/// Deep enough for the query with which tools read a schema, which is the deepest there is a use for.
const DEEPEST: usize = 16;
const DEEPEST_RECURSION: usize = 32;
const MOST_DIRECTIVES: usize = 8;

/// Users and their keys: a part of its own, for one flat list of all parts is too deep for the compiler.
#[derive(Debug, Default, MergedObject)]
pub(super) struct AccessQuery(UserQuery, ApiKeyQuery);

/// Everything that can be asked.
#[derive(Debug, Default, MergedObject)]
pub(super) struct Query(
    ServerInfoQuery,
    SessionQuery,
    ViewerQuery,
    AccessQuery,
    RequestQuery,
    UsageQuery,
    ProviderQuery,
    ModelQuery,
    ModelAliasQuery,
    ClientSetupQuery,
    ProviderLoginQuery,
    PriceQuery,
    QuotaQuery,
    SettingsQuery,
    EngineQuery,
    ApiTokenQuery,
    AdminQuery,
    AuditQuery,
    NotificationQuery,
    BackupQuery,
);

/// Everything that can be changed.
#[derive(Debug, Default, MergedObject)]
pub(super) struct Mutation(
    SignInMutation,
    SessionMutation,
    UserMutation,
    ApiKeyMutation,
    ApiTokenMutation,
    ProviderMutation,
    ProviderHealthMutation,
    ProviderLoginMutation,
    ProviderSettingsMutation,
    ProviderTransferMutation,
    ModelAliasMutation,
    PriceMutation,
    QuotaMutation,
    ExportMutation,
    BackupMutation,
    EngineMutation,
    SettingsMutation,
    AdminMutation,
    SecondFactorMutation,
    NotificationMutation,
);

/// Everything that can be followed.
#[derive(Debug, Default, MergedSubscription)]
pub(super) struct Subscription(
    RequestSubscription,
    UsageSubscription,
    EngineSubscription,
    EngineLogSubscription,
    ProviderSubscription,
    ProviderLoginSubscription,
);

/// The schema of the control plane.
pub(super) type ControlPlane = Schema<Query, Mutation, Subscription>;

/// The schema without its services: enough to print it.
pub(super) fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(
        Query::default(),
        Mutation::default(),
        Subscription::default(),
    )
    .limit_depth(DEEPEST)
    .limit_recursive_depth(DEEPEST_RECURSION)
    .limit_directives(MOST_DIRECTIVES)
    .extension(Reports)
    .extension(Bounds)
    .extension(AuditTrail)
}

/// The schema as text, as committed in `schema.graphql`.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .prefer_single_line_descriptions();
    builder().finish().sdl_with_options(options)
}
