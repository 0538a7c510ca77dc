//! The schema: the parts of all nouns, merged in two levels (a flat list is too deep for the compiler), and the
//! limits of depth.

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
    request::{RequestHistogramQuery, RequestQuery, RequestSubscription},
    session::{SessionMutations, SessionQueries},
    settings::{SettingsMutation, SettingsQueries},
    usage::{UsageQuery, UsageSubscription},
    user::{UserMutations, UserQuery},
};

/// Deep enough for the introspection query of tools, the deepest query in use.
const MAX_DEPTH: usize = 16;
const MAX_RECURSION: usize = 32;
const MAX_DIRECTIVES: usize = 8;

/// The queries.
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
    RequestHistogramQuery,
    NotificationQueries,
    AdminQueries,
    EngineQuery,
    BackupQueries,
    AuditQuery,
);

/// The mutations.
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

/// The subscriptions.
#[derive(Debug, Default, MergedSubscription)]
pub(super) struct Subscription(
    ProviderSubscriptions,
    UsageSubscription,
    RequestSubscription,
    EngineSubscriptions,
);

pub(super) type ControlPlane = Schema<Query, Mutation, Subscription>;

/// The schema without services and without the limits of callers: enough to print it.
pub(super) fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(
        Query::default(),
        Mutation::default(),
        Subscription::default(),
    )
    .limit_depth(MAX_DEPTH)
    .limit_recursive_depth(MAX_RECURSION)
    .limit_directives(MAX_DIRECTIVES)
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
