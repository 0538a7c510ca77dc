//! Exports: requests and usage as files.

use async_graphql::{Context, Enum, Object, SimpleObject};
use entity::admin;
use futures_util::{FutureExt as _, future};

use crate::{
    domain::{
        Error, calendar,
        downloads::{Downloads, Offer},
        exports::{self, Exports, UsageExport},
        usage,
    },
    graphql::{
        request::filter::RequestFilter,
        resolver::{
            audit,
            context::{ContextExt as _, ServerFacts},
            error::Result,
            guard::AtLeast,
        },
        types::scalar::DateTime,
        usage::input::{UsageFilter, UsageRange},
    },
};

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::exports::Format")]
enum ExportFormat {
    /// Comma-separated values with a line of names. Texts that a spreadsheet would calculate begin with
    /// an apostrophe.
    Csv,
    /// A JSON object in each line.
    JsonLines,
}

/// What a row of exported usage is over, by the clocks of the time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::exports::Every")]
enum ExportEvery {
    /// An hour.
    Hour,
    /// A day; of 23 or 25 hours where the clocks change.
    Day,
}

/// A file that waits to be fetched: by GET, once, soon, and by the same caller.
#[derive(SimpleObject)]
pub(crate) struct Download {
    /// Where it is, by the server's public URL.
    url: String,
    /// Where it is below the server's root.
    path: String,
    /// What it is called.
    file_name: String,
    /// When the offer ends.
    expires_at: DateTime,
}

/// An export can be fetched.
#[derive(SimpleObject)]
struct ExportPayload {
    /// The file.
    download: Download,
}

/// Offers a file to whoever asks.
pub(crate) fn offer(ctx: &Context<'_>, offer: Offer) -> Result<Download> {
    let file_name = offer.file_name.clone();
    let ticket = ctx.service::<Downloads>().offer(offer, ctx.viewer())?;
    let path = format!("/downloads/{}", ticket.secret);
    let base = ctx.service::<ServerFacts>().base_url();
    Ok(Download {
        url: format!("{base}{path}"),
        path,
        file_name,
        expires_at: ticket.expires_at.into(),
    })
}

/// The exports' part of the changes: they change nothing, but a ticket is used up.
#[derive(Debug, Default)]
pub(crate) struct ExportMutation;

#[Object]
impl ExportMutation {
    /// Export requests that are settled by now, in the order of settlement: a row for each.
    #[graphql(guard = "AtLeast(admin::Role::Viewer)")]
    async fn export_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which requests; all when left out.")] filter: Option<RequestFilter>,
        #[graphql(desc = "How it is written.")] format: ExportFormat,
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

    /// Export usage: a row for each user, key, provider, account and model in each hour or day.
    #[graphql(guard = "AtLeast(admin::Role::Viewer)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "as usage has, and how to write it"
    )]
    async fn export_usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "When; rounded outward to whole hours or days of the time zone.")]
        range: Option<UsageRange>,
        #[graphql(desc = "Whose usage; everybody's when left out.")] filter: Option<UsageFilter>,
        #[graphql(
            default = "UTC",
            desc = "By the clocks of which place a preset is read and hours and days are cut, such as `Asia/Ho_Chi_Minh`."
        )]
        timezone: String,
        #[graphql(desc = "What a row is over.", default_with = "ExportEvery::Day")]
        every: ExportEvery,
        #[graphql(desc = "How it is written.")] format: ExportFormat,
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
