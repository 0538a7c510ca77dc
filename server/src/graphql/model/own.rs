//! The models that a user's key can use, with prices.

use async_graphql::{Context, SimpleObject};
use entity::{api_key, price, user};

use super::list::with_catalogue;
use crate::{
    domain::{
        Error,
        model_catalogue::{CatalogueModel, ModelPrice},
        users::{UserGroups, api_keys::KeyHolder},
    },
    engine::{EngineHandle, EngineMode},
    graphql::{
        resolver::{
            context::ContextExt as _,
            error::Result,
            loaders::{ApiKeyId, UserId},
        },
        types::scalar::Usd,
    },
};

/// A model name that requests of the caller's key can use.
#[derive(SimpleObject)]
pub(in crate::graphql) struct OwnModel {
    /// The name that requests use.
    name: String,
    /// The model that it is an alias of; null if it is not an alias.
    alias_of: Option<String>,
    /// The price in force; null if there is none, or if `priceVaries`.
    price: Option<OwnModelPrice>,
    /// Whether the price depends on the provider whose account serves a request.
    price_varies: bool,
    /// Whether it is a model of the demo engine, which returns canned text.
    demo: bool,
}

/// The price of a model's tokens.
#[derive(SimpleObject)]
#[expect(clippy::struct_field_names, reason = "names of the schema")]
struct OwnModelPrice {
    /// US dollars per million uncached input tokens.
    input_per_million: Usd,
    /// US dollars per million cache-read tokens.
    cache_read_per_million: Usd,
    /// US dollars per million output tokens, without reasoning.
    output_per_million: Usd,
}

impl From<price::Model> for OwnModelPrice {
    fn from(row: price::Model) -> Self {
        Self {
            input_per_million: Usd(row.input_per_million),
            cache_read_per_million: Usd(row.cache_read_per_million),
            output_per_million: Usd(row.output_per_million),
        }
    }
}

impl OwnModel {
    /// The models of a key, by name; `None` while the engine does not run.
    pub(in crate::graphql) async fn of_key(
        ctx: &Context<'_>,
        holder: KeyHolder,
    ) -> Result<Option<Vec<Self>>> {
        let engine = ctx.service::<EngineHandle>();
        let Ok(models) = engine.models().await else {
            return Ok(None);
        };
        let demo = engine.status().mode == EngineMode::Demo;
        let user = ctx.loader().load_one(UserId(holder.user_id)).await?;
        let key = ctx.loader().load_one(ApiKeyId(holder.api_key_id)).await?;
        let (Some(user), Some(key)) = (user, key) else {
            return Err(Error::Unauthenticated.into());
        };
        let user = ctx.service::<UserGroups>().table().effective(user);
        let own = with_catalogue(ctx, &models, |catalogue| catalogue.of_key(&user, &key)).await?;
        let own = own.into_iter().map(|model| Self::new(model, demo));
        Ok(Some(own.collect()))
    }

    /// The names of a key's models, by name; `None` while the engine does not run.
    pub(in crate::graphql) async fn names_of(
        ctx: &Context<'_>,
        user: &user::Model,
        key: &api_key::Model,
    ) -> Result<Option<Vec<String>>> {
        let Ok(models) = ctx.service::<EngineHandle>().models().await else {
            return Ok(None);
        };
        let own = with_catalogue(ctx, &models, |catalogue| catalogue.of_key(user, key)).await?;
        Ok(Some(own.into_iter().map(|(model, _)| model.name).collect()))
    }

    fn new((model, price): (CatalogueModel, ModelPrice), demo: bool) -> Self {
        let price_varies = matches!(price, ModelPrice::Varies);
        let price = match price {
            ModelPrice::One(price) => Some((*price).into()),
            ModelPrice::Varies | ModelPrice::None => None,
        };
        Self {
            name: model.name,
            alias_of: model.alias_of,
            price,
            price_varies,
            demo,
        }
    }
}
