//! The schema: every noun's part put together, and what one operation may cost.

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema, SchemaBuilder};

use crate::graphql::{
    admin::{
        api_token::{ApiTokenMutation, ApiTokenQuery},
        changes::AdminMutation,
        list::AdminQuery,
    },
    audit::events::AuditQuery,
    backup::list::{BackupMutation, BackupQuery},
    engine::{
        control::{EngineMutation, EngineQuery, EngineSubscription},
        log::EngineLogSubscription,
    },
    export::files::ExportMutation,
    key::{changes::ApiKeyMutation, client_setup::ClientSetupQuery, search::ApiKeyQuery},
    model::{
        alias::{ModelAliasMutation, ModelAliasQuery},
        list::ModelQuery,
    },
    notification::{changes::NotificationMutation, list::NotificationQuery},
    price::list::{PriceMutation, PriceQuery},
    provider::{
        changes::{ProviderMutation, ProviderSubscription},
        check::ProviderHealthMutation,
        list::ProviderQuery,
        login::{ProviderLoginMutation, ProviderLoginQuery, ProviderLoginSubscription},
        settings::ProviderSettingsMutation,
        transfer::ProviderTransferMutation,
    },
    quota::{changes::QuotaMutation, fields::QuotaQuery},
    request::{fields::RequestQuery, live::RequestSubscription},
    session::{
        list::{SessionMutation, SessionQuery},
        second_factor::SecondFactorMutation,
        sign_in::SignInMutation,
        viewer::ViewerQuery,
    },
    settings::{
        gateway::{SettingsMutation, SettingsQuery},
        server_info::ServerInfoQuery,
    },
    usage::{live::UsageSubscription, report::UsageQuery},
    user::{changes::UserMutation, fields::UserQuery},
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

/// The schema without services and without the limits of callers: enough to print it.
pub(super) fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(
        Query::default(),
        Mutation::default(),
        Subscription::default(),
    )
    .limit_depth(DEEPEST)
    .limit_recursive_depth(DEEPEST_RECURSION)
    .limit_directives(MOST_DIRECTIVES)
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
