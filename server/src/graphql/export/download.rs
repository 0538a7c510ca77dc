//! Files that wait to be fetched.

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
