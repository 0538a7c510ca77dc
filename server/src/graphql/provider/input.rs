//! Models and headers of an account, as callers set them.

use async_graphql::InputObject;
use entity::provider_account;
use secrecy::SecretString;

/// A model that an account offers.
#[derive(InputObject)]
pub(super) struct ProviderModelInput {
    /// What the provider calls it.
    pub(super) name: String,
    /// What clients call it; the same when left out.
    pub(super) alias: Option<String>,
}

/// A header that is sent along to the provider.
#[derive(InputObject)]
pub(super) struct HeaderInput {
    /// Its name.
    pub(super) name: String,
    /// Its value, which is kept as secret as the key.
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
