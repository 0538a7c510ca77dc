//! Exporting requests and usage.

use async_graphql::{Context, Enum, Object, SimpleObject};
use entity::admin;
use futures_util::{FutureExt as _, future};

use super::download::{Download, offer};
use crate::{
    domain::{
        Error,
        downloads::Offer,
        exports::{self, Exports, UsageExport},
        usage,
    },
    graphql::{
        request::filter::RequestFilter,
        resolver::{
            audit,
            context::ContextExt as _,
            error::Result,
            guard::Declared,
            role::{Role, requires_role},
        },
        usage::input::{UsageFilter, UsageRange},
    },
};

/// The file format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::exports::Format")]
enum ExportFormat {
    /// Comma-separated values with a header line. Text that a spreadsheet would evaluate is prefixed with an
    /// apostrophe.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

/// The period that a row of exported usage covers, in the given time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::exports::Every")]
enum ExportEvery {
    /// An hour.
    Hour,
    /// A calendar day, of 23 or 25 hours at daylight saving changes.
    Day,
}

/// The result of an export.
#[derive(SimpleObject)]
struct ExportPayload {
    /// The file to download.
    download: Download,
}

/// Exports are mutations although they change no data: each creates a ticket.
#[derive(Debug, Default)]
pub(crate) struct ExportMutation;

#[Object(guard = "Declared")]
impl ExportMutation {
    /// Export settled requests, one row each, in the order of settlement.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    async fn export_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A filter; all requests when omitted.")] filter: Option<RequestFilter>,
        #[graphql(desc = "The file format.")] format: ExportFormat,
    ) -> Result<ExportPayload> {
        let filter = filter.unwrap_or_default().read()?;
        let format = exports::Format::from(format);
        let exports = ctx.service::<Exports>().clone();
        let file = Offer {
            file_name: exports.file_name("requests", format),
            media_type: format.media_type(),
            role: admin::Role::Viewer,
            open: Box::new(move || async move { exports.requests(filter, format).await }.boxed()),
        };
        let download = offer(ctx, file)?;
        audit::record(ctx).await?;
        Ok(ExportPayload { download })
    }

    /// Export usage, one row per user, key, provider, account and model in each hour or day.
    #[graphql(directive = requires_role::apply(Role::Viewer))]
    #[expect(
        clippy::too_many_arguments,
        reason = "as usage has, and how to write it"
    )]
    async fn export_usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The time range, extended to whole hours or days of the time zone; the current month when omitted."
        )]
        range: Option<UsageRange>,
        #[graphql(desc = "A filter; the usage of all users when omitted.")] filter: Option<
            UsageFilter,
        >,
        #[graphql(
            default = "UTC",
            desc = "The IANA time zone of presets, hours and days, such as `Asia/Ho_Chi_Minh`."
        )]
        timezone: String,
        #[graphql(
            desc = "The period that a row covers.",
            default_with = "ExportEvery::Day"
        )]
        every: ExportEvery,
        #[graphql(desc = "The file format.")] format: ExportFormat,
    ) -> Result<ExportPayload> {
        let zone = calendar::time_zone(&timezone).map_err(Error::from)?;
        let export = UsageExport {
            span: range
                .unwrap_or_default()
                .read(ctx.service::<usage::Usage>(), zone)
                .await?,
            filter: filter.unwrap_or_default().read()?,
            every: every.into(),
            zone,
        };
        let format = exports::Format::from(format);
        let exports = ctx.service::<Exports>().clone();
        let file = Offer {
            file_name: exports.file_name("usage", format),
            media_type: format.media_type(),
            role: admin::Role::Viewer,
            open: Box::new(move || future::ready(Ok(exports.usage(export, format))).boxed()),
        };
        let download = offer(ctx, file)?;
        audit::record(ctx).await?;
        Ok(ExportPayload { download })
    }
}
