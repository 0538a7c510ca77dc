//! Users, whose tools call the gateway.

pub(super) mod alert_address;
mod create;
mod fields;
mod group;
mod import;
mod invitation;
mod list;
mod update;

use async_graphql::MergedObject;

use self::{
    alert_address::AlertAddressMutation,
    create::CreateUserMutation,
    group::{UserGroupMutation, UserGroupQuery},
    import::{UserImportMutation, UserImportQuery},
    invitation::{UserInvitationMutation, UserInvitationQuery},
    list::UserQuery,
    update::UpdateUserMutation,
};

#[derive(Debug, Default, MergedObject)]
pub(super) struct UserQueries(
    UserQuery,
    UserInvitationQuery,
    UserGroupQuery,
    UserImportQuery,
);

#[derive(Debug, Default, MergedObject)]
pub(super) struct UserMutations(
    CreateUserMutation,
    UpdateUserMutation,
    UserInvitationMutation,
    UserGroupMutation,
    UserImportMutation,
    AlertAddressMutation,
);
