//! Signing in and out, the first administrator, and passwords. All of it sets
//! cookies or checks a password, so it works over plain HTTP only.

use async_graphql::{Context, Object, SimpleObject};
use axum::http::header::SET_COOKIE;
use entity::admin;
use secrecy::SecretString;

use super::list::Session;
use crate::{
    domain::{
        admins::{Admins, SignIn},
        login_throttle::{LoginAttempt, LoginThrottle},
        sessions::Sessions,
    },
    graphql::{
        resolver::{
            context::{Browser, ContextExt as _},
            error::Result,
            guard::{Declared, Public},
            role::requires_session,
        },
        types::scalar::int,
    },
};

/// The name that attempts with a set-up URL are counted under, beside the names of administrators.
const SETUP_LINK: &str = "a set-up link";

/// The result of signing in.
#[derive(SimpleObject)]
struct LoginPayload {
    /// The new session. The response sets its cookie.
    session: Session,
}

/// The result of `logout`.
#[derive(SimpleObject)]
struct LogoutPayload {
    /// Always true.
    signed_out: bool,
}

/// The result of `changePassword`.
#[derive(SimpleObject)]
struct ChangePasswordPayload {
    /// The current session, which stays valid.
    session: Session,
    /// The number of other sessions that were ended.
    revoked_sessions: i32,
}

#[derive(Debug, Default)]
pub(crate) struct SignInMutation;

#[Object(guard = "Declared")]
impl SignInMutation {
    /// Create the first administrator with the token of the one-time URL that the server logs at its start,
    /// or choose a password with the token of an invitation, and sign in.
    #[graphql(guard = "Public")]
    async fn complete_setup(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The token in the URL.")] token: String,
        #[graphql(secret, desc = "The new password, at least 12 characters.")] password: String,
        #[graphql(desc = "The name of the first administrator; `admin` when omitted.")]
        username: Option<String>,
    ) -> Result<LoginPayload> {
        let browser = ctx.browser()?;
        let throttle = ctx.service::<LoginThrottle>();
        let attempt = throttle.attempt(browser.address, SETUP_LINK).await?;
        let password = SecretString::from(password);
        let admins = ctx.service::<Admins>();
        let admin = admins
            .complete_setup(&ctx.audit(), &token, username.as_deref(), password)
            .await?;
        begin(ctx, browser, admin, attempt).await
    }

    /// Sign in. The response sets the session cookie.
    #[graphql(guard = "Public")]
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The administrator's password.")] password: String,
        #[graphql(
            desc = "The administrator's name. Optional while there is only one administrator."
        )]
        username: Option<String>,
        #[graphql(
            secret,
            desc = "A code of the second factor or a recovery code. Required if the attempt without one fails with `SECOND_FACTOR_REQUIRED`."
        )]
        code: Option<String>,
    ) -> Result<LoginPayload> {
        let browser = ctx.browser()?;
        let throttle = ctx.service::<LoginThrottle>();
        let name = username.as_deref().unwrap_or_default();
        let attempt = throttle.attempt(browser.address, name).await?;
        let presented = SignIn {
            username,
            password: password.into(),
            code: code.map(Into::into),
            address: browser.address,
        };
        let admin = ctx
            .service::<Admins>()
            .authenticate(&ctx.audit(), presented, throttle)
            .await?;
        begin(ctx, browser, admin, attempt).await
    }

    /// End the current session and delete its cookie.
    #[graphql(directive = requires_session::apply())]
    async fn logout(&self, ctx: &Context<'_>) -> Result<LogoutPayload> {
        let (session, browser) = (ctx.session()?, ctx.browser()?);
        let sessions = ctx.service::<Sessions>();
        sessions
            .revoke(&ctx.audit(), session.admin.id, session.session.id)
            .await?;
        set(ctx, browser.cookies.end());
        Ok(LogoutPayload { signed_out: true })
    }

    /// Change the caller's password and end their other sessions.
    #[graphql(directive = requires_session::apply())]
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The current password.")] current_password: String,
        #[graphql(secret, desc = "The new password, at least 12 characters.")] new_password: String,
    ) -> Result<ChangePasswordPayload> {
        let (browser, own) = (ctx.browser()?, ctx.session()?);
        // Passwords must not be guessed from an unattended browser either.
        let throttle = ctx.service::<LoginThrottle>();
        let name = &own.admin.username;
        let attempt = throttle.attempt(browser.address, name).await?;
        let (current, new) = (current_password.into(), new_password.into());
        let revoked = ctx
            .service::<Admins>()
            .change_password(&ctx.audit(), own, current, new)
            .await?;
        attempt.succeeded();
        Ok(ChangePasswordPayload {
            session: Session::own(own),
            revoked_sessions: int(revoked),
        })
    }
}

async fn begin(
    ctx: &Context<'_>,
    browser: &Browser,
    admin: admin::Model,
    attempt: LoginAttempt,
) -> Result<LoginPayload> {
    let begun = ctx
        .service::<Sessions>()
        .begin(&ctx.audit(), admin, browser.client())
        .await?;
    attempt.succeeded();
    let own = &begun.session;
    let life = own.session.expires_at - own.session.created_at;
    let cookies = &browser.cookies;
    set(
        ctx,
        cookies.begin(&begun.cookie, &own.csrf_token, life.num_seconds()),
    );
    let session = Session::own(own);
    Ok(LoginPayload { session })
}

fn set(ctx: &Context<'_>, cookies: [String; 2]) {
    for cookie in cookies {
        ctx.append_http_header(SET_COOKIE, cookie);
    }
}
