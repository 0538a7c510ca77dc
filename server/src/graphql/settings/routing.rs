//! Settings of how the engine routes requests among accounts.

use super::table::{SettingValue, graphql_settings};
use crate::domain::settings::{self, AccountStrategy, RoutingStrategy, routing_settings};

routing_settings! {
    graphql_settings

    /// How the engine routes requests among accounts. It applies to all providers.
    object RoutingSettings of settings::RoutingSettings;

    /// Changes to how the engine routes requests among accounts. Omitted fields stay as they are.
    input RoutingSettingsInput;
}
