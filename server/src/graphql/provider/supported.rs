//! The providers that this server supports, and what each can do.

use async_graphql::{Context, Enum, Object, SimpleObject};

use super::login::ProviderLoginMode;
use crate::{
    graphql::{
        resolver::{context::ContextExt as _, guard::Public},
        types::{provider::ProviderKind, request::Protocol},
    },
    oauth::OAuthService,
    providers::{self, ProviderSpec, ThemeColors},
};

/// A colour in CSS for each theme, with a contrast of at least 3:1 to the page.
#[derive(SimpleObject)]
struct ProviderColors {
    /// The colour on light pages, such as `oklch(0.6 0.14 45)`.
    light: &'static str,
    /// The colour on dark pages.
    dark: &'static str,
}

/// A setting that only some providers have; see `ProviderSettings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::providers::ProviderOption")]
enum ProviderOption {
    /// `cloaking`.
    Cloaking,
    /// `identityPerAccount`.
    IdentityPerAccount,
}

/// The requirements of an account with an API key.
#[derive(SimpleObject)]
struct ApiKeySupport {
    /// The base URL of accounts that set none; null if each account must set its own.
    default_base_url: Option<&'static str>,
    /// Whether each account must list its models. Otherwise an account that lists none serves all known ones.
    models_required: bool,
}

/// A provider that this server supports. The values change with the server's version and its environment only.
#[derive(SimpleObject)]
struct SupportedProvider {
    /// The provider.
    kind: ProviderKind,
    /// The display name.
    display_name: &'static str,
    /// Its colour in lists and charts.
    colors: ProviderColors,
    /// How accounts are added with API keys; null if they cannot be.
    api_keys: Option<ApiKeySupport>,
    /// How a sign-in of an account proceeds; null if people cannot sign in there.
    sign_in: Option<ProviderLoginMode>,
    /// Whether `importProviderAccount` accepts files of signed-in accounts.
    imports_sign_ins: bool,
    /// The protocols that requests reach it in unchanged. The engine translates others, which may lose token counts.
    native_protocols: Vec<Protocol>,
    /// Whether checks of an account can report usage windows.
    reports_windows: bool,
    /// Its settings beside those that all providers have.
    options: Vec<ProviderOption>,
    /// Whether `additionalModels` is a setting of its accounts.
    additional_models: bool,
}

impl SupportedProvider {
    fn new(spec: &'static ProviderSpec, sign_in: Option<ProviderLoginMode>) -> Self {
        let ThemeColors { light, dark } = spec.colors;
        let keys = &spec.api_keys;
        let default_base_url = Some(keys.check_base_url).filter(|url| !url.is_empty());
        let protocols = spec.native_protocols.iter().copied();
        let options = spec.options.iter();
        Self {
            kind: spec.kind.into(),
            display_name: spec.display_name,
            colors: ProviderColors { light, dark },
            api_keys: keys.accepted.then_some(ApiKeySupport {
                default_base_url,
                models_required: keys.needs_models,
            }),
            sign_in,
            imports_sign_ins: !spec.engine.auth_files.is_empty(),
            native_protocols: protocols.map(Into::into).collect(),
            reports_windows: spec.windows.is_some(),
            options: options.map(|each| each.option.into()).collect(),
            additional_models: spec.engine.model_rules.is_some(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct SupportedProviderQuery;

#[Object]
impl SupportedProviderQuery {
    /// The providers that this server supports, with or without accounts there, in the order to list them.
    #[graphql(
        guard = "Public",
        complexity = "providers::ALL.len() * child_complexity"
    )]
    async fn supported_providers(&self, ctx: &Context<'_>) -> Vec<SupportedProvider> {
        let oauth = ctx.service::<OAuthService>();
        let supported = |spec: &'static ProviderSpec| {
            SupportedProvider::new(spec, oauth.mode(spec.kind).map(Into::into))
        };
        providers::ALL.into_iter().map(supported).collect()
    }
}
