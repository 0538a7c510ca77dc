//! Password confirmation before dangerous changes: an unattended browser must not be enough for them.

use async_graphql::Context;
use secrecy::SecretString;

use super::{context::ContextExt as _, error::Result};

/// Makes sure that the caller's session is its administrator's. Wrong passwords are counted.
pub(super) async fn confirm(ctx: &Context<'_>, password: SecretString) -> Result<()> {
    let (services, browser, own) = (ctx.services(), ctx.browser()?, ctx.session()?);
    let throttle = &services.login_throttle;
    let name = &own.admin.username;
    let attempt = throttle.attempt(browser.address, name).await?;
    services.admins.confirm(own, password).await?;
    attempt.succeeded();
    Ok(())
}
