//! Settings that administrators change at runtime, and public facts about the server.

mod gateway;
mod routing;
mod server_info;
mod table;

use async_graphql::MergedObject;

pub(super) use self::gateway::SettingsMutation;
use self::{gateway::SettingsQuery, server_info::ServerInfoQuery};

#[derive(Debug, Default, MergedObject)]
pub(super) struct SettingsQueries(SettingsQuery, ServerInfoQuery);
