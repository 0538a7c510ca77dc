//! Models and headers of an account, as callers set them.

use async_graphql::InputObject;
use entity::provider_account;
use secrecy::SecretString;

/// A model that an account offers.
#[derive(InputObject)]
pub(super) struct ProviderModelInput {
    /// The provider's name of the model.
    pub(super) name: String,
    /// The name that clients use; the provider's when omitted.
    pub(super) alias: Option<String>,
}

/// An additional header of requests to the provider.
#[derive(InputObject)]
pub(super) struct HeaderInput {
    /// The header's name.
    pub(super) name: String,
    /// The header's value, which is stored encrypted like the key.
    #[graphql(secret)]
    pub(super) value: String,
}

pub(super) fn models(models: Vec<ProviderModelInput>) -> Vec<provider_account::ProviderModel> {
    let model = |model: ProviderModelInput| provider_account::ProviderModel {
        name: model.name,
        alias: model.alias,
    };
    models.into_iter().map(model).collect()
}

pub(super) fn headers(headers: Vec<HeaderInput>) -> Vec<(String, SecretString)> {
    let headers = headers.into_iter();
    headers
        .map(|header| (header.name, header.value.into()))
        .collect()
}
