//! Notifications: channels, rules and messages.

mod channel;
mod channel_settings;
mod message;
mod rule;

use async_graphql::MergedObject;

use self::{
    channel::{NotificationChannelMutation, NotificationChannelQuery},
    message::NotificationMessageQuery,
    rule::{NotificationRuleMutation, NotificationRuleQuery},
};

#[derive(Debug, Default, MergedObject)]
pub(super) struct NotificationQueries(
    NotificationChannelQuery,
    NotificationRuleQuery,
    NotificationMessageQuery,
);

#[derive(Debug, Default, MergedObject)]
pub(super) struct NotificationMutations(NotificationChannelMutation, NotificationRuleMutation);
