//! Who may reach a field. Every field of the roots has one of these guards; a test walks the schema and
//! sees to it.

use async_graphql::{Context, Guard, Result};
use entity::admin::Role;

use super::{context::ContextExt as _, error::ResolverError};
use crate::domain::{Error, Viewer};

/// Everybody, strangers too.
pub(crate) struct Public;

/// Administrators and API tokens with this role or a higher one.
pub(crate) struct AtLeast(pub(crate) Role);

/// An administrator's browser: what it does concerns its session.
pub(crate) struct WithSession;

/// Administrators, API tokens, and end users who ask about what is theirs, which the resolver checks.
pub(crate) struct KnownCaller;

impl Guard for KnownCaller {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        match ctx.viewer() {
            Viewer::Anonymous => Err(refusal(ctx.viewer())),
            Viewer::Session(_) | Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => Ok(()),
        }
    }
}

impl Guard for Public {
    async fn check(&self, _ctx: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

impl Guard for AtLeast {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        match ctx.viewer().role() {
            Some(role) if role >= self.0 => Ok(()),
            _ => Err(refusal(ctx.viewer())),
        }
    }
}

impl Guard for WithSession {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        match ctx.viewer() {
            Viewer::Session(_) => Ok(()),
            viewer @ (Viewer::Anonymous | Viewer::ApiToken(_) | Viewer::KeyHolder { .. }) => {
                Err(refusal(viewer))
            }
        }
    }
}

/// Strangers may come back with a name; the others may not come back.
fn refusal(viewer: &Viewer) -> async_graphql::Error {
    let error = match viewer {
        Viewer::Anonymous => Error::Unauthenticated,
        Viewer::Session(_) | Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => Error::Forbidden,
    };
    ResolverError::from(error).into()
}
