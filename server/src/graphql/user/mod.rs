//! Users, whose tools call the gateway.

pub(super) mod alert_address;
mod create;
mod fields;
mod invitation;
mod list;
mod update;

use async_graphql::MergedObject;

use self::{
    alert_address::AlertAddressMutation,
    create::CreateUserMutation,
    invitation::{UserInvitationMutation, UserInvitationQuery},
    list::UserQuery,
    update::UpdateUserMutation,
};

#[derive(Debug, Default, MergedObject)]
pub(super) struct UserQueries(UserQuery, UserInvitationQuery);

#[derive(Debug, Default, MergedObject)]
pub(super) struct UserMutations(
    CreateUserMutation,
    UpdateUserMutation,
    UserInvitationMutation,
    AlertAddressMutation,
);
