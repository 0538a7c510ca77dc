//! Authorization of fields. Every root field has one of these guards; a test walks the schema and checks that.

use async_graphql::{Context, Guard, Result};
use entity::admin::Role;

use super::{context::ContextExt as _, error::ResolverError};
use crate::domain::{Error, Viewer};

/// All callers, including anonymous ones.
pub(crate) struct Public;

/// Administrators and API tokens of at least this role.
pub(crate) struct AtLeast(pub(crate) Role);

/// Administrators with a session, for fields that are about it.
pub(crate) struct WithSession;

/// All authenticated callers. The resolver checks that end users query only their own data.
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

/// 401 if anonymous, 403 if authenticated but not allowed.
fn refusal(viewer: &Viewer) -> async_graphql::Error {
    let error = match viewer {
        Viewer::Anonymous => Error::Unauthenticated,
        Viewer::Session(_) | Viewer::ApiToken(_) | Viewer::KeyHolder { .. } => Error::Forbidden,
    };
    ResolverError::from(error).into()
}
