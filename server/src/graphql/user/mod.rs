//! Users, whose tools call the gateway.

mod create;
mod fields;
mod list;
mod update;

use async_graphql::MergedObject;

pub(super) use self::list::UserQuery;
use self::{create::CreateUserMutation, update::UpdateUserMutation};

#[derive(Debug, Default, MergedObject)]
pub(super) struct UserMutations(CreateUserMutation, UpdateUserMutation);
