//! The schema: every noun's part, merged in two levels (a flat list is too deep for the compiler), and what one operation may cost.

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema, SchemaBuilder};

use super::{
    admin::{AdminMutations, AdminQueries},
    audit::AuditQuery,
    backup::{BackupMutations, BackupQueries},
    engine::{EngineMutation, EngineQuery, EngineSubscriptions},
    export::ExportMutation,
    key::{ApiKeyMutations, ApiKeyQueries},
    model::{ModelAliasMutation, ModelQueries},
    notification::{NotificationMutations, NotificationQueries},
    price::{PriceMutation, PriceQuery},
    provider::{ProviderMutations, ProviderQueries, ProviderSubscriptions},
    quota::{QuotaMutation, QuotaQuery},
    request::{RequestQuery, RequestSubscription},
    session::{SessionMutations, SessionQueries},
    settings::{SettingsMutation, SettingsQueries},
    usage::{UsageQuery, UsageSubscription},
    user::{UserMutations, UserQuery},
};

/// Deep enough for the query with which tools read a schema, which is the deepest there is a use for.
const DEEPEST: usize = 16;
const DEEPEST_RECURSION: usize = 32;
const MOST_DIRECTIVES: usize = 8;

/// Everything that can be asked.
#[derive(Debug, Default, MergedObject)]
pub(super) struct Query(
    SessionQueries,
    SettingsQueries,
    UserQuery,
    ApiKeyQueries,
    QuotaQuery,
    ProviderQueries,
    ModelQueries,
    PriceQuery,
    UsageQuery,
    RequestQuery,
    NotificationQueries,
    AdminQueries,
    EngineQuery,
    BackupQueries,
    AuditQuery,
);

/// Everything that can be changed.
#[derive(Debug, Default, MergedObject)]
pub(super) struct Mutation(
    SessionMutations,
    SettingsMutation,
    UserMutations,
    ApiKeyMutations,
    QuotaMutation,
    ProviderMutations,
    ModelAliasMutation,
    PriceMutation,
    ExportMutation,
    NotificationMutations,
    AdminMutations,
    EngineMutation,
    BackupMutations,
);

/// Everything that can be followed.
#[derive(Debug, Default, MergedSubscription)]
pub(super) struct Subscription(
    ProviderSubscriptions,
    UsageSubscription,
    RequestSubscription,
    EngineSubscriptions,
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
