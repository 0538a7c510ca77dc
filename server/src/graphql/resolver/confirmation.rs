//! Password confirmation before dangerous changes: an unattended browser must not be enough for them.

use async_graphql::Context;
use secrecy::SecretString;

use super::{context::ContextExt as _, error::Result};
use crate::domain::{admins::Admins, login_throttle::LoginThrottle};

/// Makes sure that the caller's session is its administrator's. Wrong passwords are counted.
pub(crate) async fn confirm(ctx: &Context<'_>, password: SecretString) -> Result<()> {
    let (browser, own) = (ctx.browser()?, ctx.session()?);
    let throttle = ctx.service::<LoginThrottle>();
    let name = &own.admin.username;
    let attempt = throttle.attempt(browser.address, name).await?;
    ctx.service::<Admins>().confirm(own, password).await?;
    attempt.succeeded();
    Ok(())
}
