//! The schema: the parts of all nouns, merged in two levels (a flat list is too deep for the compiler), and the
//! limits of depth.

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema, SchemaBuilder};

use super::{
    account_group::{AccountGroupMutations, AccountGroupQuery},
    admin::{AdminMutations, AdminQueries},
    agent_session::AgentSessionQuery,
    agent_sign_in::AgentSignInMutation,
    alert::{AlertMutation, AlertQueries, AlertSubscription},
    audit::AuditQuery,
    backup::{BackupMutations, BackupQueries},
    engine::{EngineMutation, EngineQuery, EngineSubscriptions},
    export::ExportMutation,
    key::{ApiKeyMutations, ApiKeyQueries},
    model::{ModelAliasMutation, ModelQueries},
    notification::{NotificationMutations, NotificationQueries},
    price::{PriceMutation, PriceQuery, PriceUpdateMutation, PriceUpdateQuery},
    provider::{ProviderMutations, ProviderQueries, ProviderSubscriptions},
    quota::{QuotaMutation, QuotaQuery},
    request::{
        RequestHistogramQuery, RequestQuery, RequestSubscription, WaitingRequestsQuery,
        WaitingRequestsSubscription,
    },
    saved_view::{SavedViewMutation, SavedViewQuery},
    session::{SessionMutations, SessionQueries},
    settings::{SettingsMutation, SettingsQueries},
    share::{ShareMutation, ShareQuery},
    usage::{UsageQuery, UsageSubscription},
    user::{UserMutations, UserQueries},
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
    UserQueries,
    ApiKeyQueries,
    QuotaQuery,
    ProviderQueries,
    AccountGroupQuery,
    ShareQuery,
    ModelQueries,
    PriceQuery,
    PriceUpdateQuery,
    UsageQuery,
    RequestQuery,
    RequestHistogramQuery,
    AgentSessionQuery,
    WaitingRequestsQuery,
    NotificationQueries,
    AdminQueries,
    EngineQuery,
    BackupQueries,
    AuditQuery,
    AlertQueries,
    SavedViewQuery,
);

/// The mutations.
#[derive(Debug, Default, MergedObject)]
pub(super) struct Mutation(
    SessionMutations,
    SettingsMutation,
    UserMutations,
    ApiKeyMutations,
    AgentSignInMutation,
    QuotaMutation,
    ProviderMutations,
    AccountGroupMutations,
    ShareMutation,
    ModelAliasMutation,
    PriceMutation,
    PriceUpdateMutation,
    ExportMutation,
    NotificationMutations,
    AdminMutations,
    EngineMutation,
    BackupMutations,
    AlertMutation,
    SavedViewMutation,
);

/// The subscriptions.
#[derive(Debug, Default, MergedSubscription)]
pub(super) struct Subscription(
    ProviderSubscriptions,
    UsageSubscription,
    RequestSubscription,
    WaitingRequestsSubscription,
    EngineSubscriptions,
    AlertSubscription,
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

#[cfg(test)]
mod tests {
    use async_graphql::{
        OutputType as _,
        registry::{MetaInputValue, MetaType, Registry},
    };

    use super::*;

    /// The last words of names of secrets, as in `apiKey` and unlike `apiKeyId`.
    const SECRET_ENDINGS: [&str; 10] = [
        "password",
        "secret",
        "token",
        "key",
        "code",
        "content",
        "credential",
        "json",
        "file",
        "url",
    ];

    #[test]
    fn arguments_with_the_name_of_a_secret_are_marked_as_secret() {
        let mut registry = Registry::default();
        Mutation::create_type_info(&mut registry);
        let mut unmarked = Vec::new();

        for kind in registry.types.values() {
            let inputs: Vec<&MetaInputValue> =
                if let MetaType::InputObject { input_fields, .. } = kind {
                    input_fields.values().collect()
                } else if kind.name() == "Mutation"
                    && let MetaType::Object { fields, .. } = kind
                {
                    let fields = fields.values();
                    fields.flat_map(|field| field.args.values()).collect()
                } else {
                    Vec::new()
                };
            let is_named_so = |name: &str| {
                let lower = name.to_ascii_lowercase();
                SECRET_ENDINGS.iter().any(|word| lower.ends_with(word))
            };
            let found = inputs
                .into_iter()
                .filter(|input| !input.is_secret && is_named_so(&input.name));
            unmarked.extend(found.map(|input| format!("{}.{}", kind.name(), input.name)));
        }

        assert!(unmarked.is_empty(), "mark these as secret: {unmarked:?}");
    }
}
