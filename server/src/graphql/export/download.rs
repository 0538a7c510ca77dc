//! Files offered for download.

use async_graphql::{Context, SimpleObject};

use crate::{
    domain::downloads::{Downloads, Offer},
    graphql::{
        resolver::{
            context::{ContextExt as _, ServerFacts},
            error::Result,
        },
        types::scalar::DateTime,
    },
};

/// A file to fetch by GET: once, before `expiresAt`, and by the same caller.
#[derive(SimpleObject)]
pub(crate) struct Download {
    /// The absolute URL, by the server's public URL.
    url: String,
    /// The path, for clients that reach the server by another address.
    path: String,
    /// The name.
    file_name: String,
    /// The time at which the URL expires.
    expires_at: DateTime,
}

/// Offers a file for download by the caller.
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
