//! Channels: how messages are delivered.

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::notification_channel;
use secrecy::ExposeSecret as _;

use super::channel_settings::NotificationChannelSettingsInput;
use crate::{
    domain::notifications::{ChannelChanges, NewChannel, Notifications, signing_secret},
    graphql::{
        resolver::{
            audit,
            context::ContextExt as _,
            cost::list,
            error::Result,
            guard::Declared,
            input,
            role::{Role, requires_role},
        },
        types::scalar::DateTime,
    },
    notify,
};

const CHANNEL: &str = "notification channel";

/// The kind of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::notification_channel::ChannelKind")]
enum NotificationChannelKind {
    /// E-mail over SMTP.
    Email,
    /// A signed JSON POST.
    Webhook,
    /// A Slack incoming webhook.
    Slack,
    /// A Discord webhook.
    Discord,
    /// A Telegram bot.
    Telegram,
}

/// A way to deliver messages. Its settings are stored encrypted and not shown again.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct NotificationChannel {
    /// The channel's id.
    id: ID,
    /// The name.
    name: String,
    /// The kind of channel.
    kind: NotificationChannelKind,
    /// The destination, to recognise the channel by: e-mail addresses, a chat, or the host of a webhook.
    target: String,
    /// Whether it is in use.
    enabled: bool,
    /// The time of creation.
    created_at: DateTime,
    /// The time of the last successful delivery; null if there was none.
    sent_at: Option<DateTime>,
    /// Why the last attempt failed; null if it succeeded.
    problem: Option<String>,
    /// The time of the last failed attempt; null if there was none.
    problem_at: Option<DateTime>,
}

impl From<notification_channel::Model> for NotificationChannel {
    fn from(row: notification_channel::Model) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            kind: row.kind.into(),
            target: row.target,
            enabled: row.enabled,
            created_at: row.created_at.into(),
            sent_at: row.sent_at.map(Into::into),
            problem: row.problem,
            problem_at: row.problem_at.map(Into::into),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct NotificationChannelQuery;

#[Object(guard = "Declared")]
impl NotificationChannelQuery {
    /// All channels, ordered by name.
    #[graphql(
        directive = requires_role::apply(Role::Viewer),
        complexity = "list(10, child_complexity)"
    )]
    async fn notification_channels(&self, ctx: &Context<'_>) -> Result<Vec<NotificationChannel>> {
        let channels = ctx.service::<Notifications>().channels().await?;
        Ok(channels
            .into_iter()
            .map(NotificationChannel::from)
            .collect())
    }
}

/// A new channel.
#[derive(InputObject)]
struct CreateNotificationChannelInput {
    /// The name.
    name: String,
    /// The delivery settings. They are stored encrypted and not shown again.
    settings: NotificationChannelSettingsInput,
}

/// Changes to a channel. Omitted fields stay as they are.
#[derive(InputObject)]
struct UpdateNotificationChannelInput {
    /// The name.
    name: MaybeUndefined<String>,
    /// Whether it is in use.
    enabled: MaybeUndefined<bool>,
    /// Delivery settings that replace all earlier ones. They must be of the same kind.
    settings: MaybeUndefined<NotificationChannelSettingsInput>,
}

/// The result of `createNotificationChannel`.
#[derive(SimpleObject)]
struct CreateNotificationChannelPayload {
    /// The channel.
    channel: NotificationChannel,
    /// The signing secret of a webhook if the server generated it; not shown again.
    signing_secret: Option<String>,
}

/// The result of `updateNotificationChannel`.
#[derive(SimpleObject)]
struct UpdateNotificationChannelPayload {
    /// The channel.
    channel: NotificationChannel,
    /// The new signing secret of a webhook if the server generated it; not shown again.
    signing_secret: Option<String>,
}

/// The result of `deleteNotificationChannel`.
#[derive(SimpleObject)]
struct DeleteNotificationChannelPayload {
    /// The deleted channel.
    channel: NotificationChannel,
}

/// The result of `testNotificationChannel`.
#[derive(SimpleObject)]
struct TestNotificationChannelPayload {
    /// Whether the message was delivered.
    delivered: bool,
    /// Why it was not delivered; null if it was.
    problem: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct NotificationChannelMutation;

#[Object(guard = "Declared")]
impl NotificationChannelMutation {
    /// Create a channel for messages.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn create_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The values to create it with.")] input: CreateNotificationChannelInput,
    ) -> Result<CreateNotificationChannelPayload> {
        let mut made = None;
        let settings = input
            .settings
            .read(|| made.insert(signing_secret()).clone());
        let name = input.name;
        let notifications = ctx.service::<Notifications>();
        let channel = notifications
            .create_channel(&ctx.audit(), NewChannel { name, settings })
            .await?;
        Ok(CreateNotificationChannelPayload {
            channel: NotificationChannel::from(channel),
            signing_secret: made.map(|secret| secret.expose_secret().to_owned()),
        })
    }

    /// Update a channel.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn update_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel's id.")] id: ID,
        #[graphql(desc = "The changes.")] input: UpdateNotificationChannelInput,
    ) -> Result<UpdateNotificationChannelPayload> {
        let id = input::id(&id, CHANNEL)?;
        let mut made = None;
        let settings = input::change("settings", input.settings)?;
        let changes = ChannelChanges {
            name: input::change("name", input.name)?,
            enabled: input::change("enabled", input.enabled)?,
            settings: settings
                .map(|settings| settings.read(|| made.insert(signing_secret()).clone())),
        };
        let notifications = ctx.service::<Notifications>();
        let channel = notifications
            .update_channel(&ctx.audit(), id, changes)
            .await?;
        Ok(UpdateNotificationChannelPayload {
            channel: NotificationChannel::from(channel),
            signing_secret: made.map(|secret| secret.expose_secret().to_owned()),
        })
    }

    /// Delete a channel and its pending messages.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn delete_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel's id.")] id: ID,
    ) -> Result<DeleteNotificationChannelPayload> {
        let id = input::id(&id, CHANNEL)?;
        let channel = ctx
            .service::<Notifications>()
            .delete_channel(&ctx.audit(), id)
            .await?;
        let channel = NotificationChannel::from(channel);
        Ok(DeleteNotificationChannelPayload { channel })
    }

    /// Send a test message through a channel. Waits up to 15 seconds for the delivery.
    #[graphql(directive = requires_role::apply(Role::Admin))]
    async fn test_notification_channel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The channel's id.")] id: ID,
    ) -> Result<TestNotificationChannelPayload> {
        let id = input::id(&id, CHANNEL)?;
        ctx.audit().about(Notifications::channel_subject(id));
        let outcome = ctx.service::<notify::Sender>().test(id).await?;
        audit::record(ctx).await?;
        Ok(TestNotificationChannelPayload {
            delivered: outcome.is_ok(),
            problem: outcome.err(),
        })
    }
}
