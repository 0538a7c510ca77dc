//! Models, and aliases for them.

mod alias;
mod list;
pub(super) mod own;
mod resolve;

use async_graphql::MergedObject;

pub(super) use self::alias::ModelAliasMutation;
use self::{alias::ModelAliasQuery, list::ModelQuery, resolve::ResolveModelQuery};

#[derive(Debug, Default, MergedObject)]
pub(super) struct ModelQueries(ModelQuery, ResolveModelQuery, ModelAliasQuery);
