//! Signing in and out, the first administrator, and passwords. All of it sets or ends cookies, or
//! checks a password, so it goes over plain HTTP alone.

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
            guard::{Public, WithSession},
        },
        types::scalar::int,
    },
};

/// What attempts with a set-up link are counted under, beside the names of administrators.
const SETUP_LINK: &str = "a set-up link";

/// Somebody signed in.
#[derive(SimpleObject)]
struct LoginPayload {
    /// The new session. Its cookie came with the answer.
    session: Session,
}

/// Somebody signed out.
#[derive(SimpleObject)]
struct LogoutPayload {
    /// Always true.
    signed_out: bool,
}

/// A password was changed.
#[derive(SimpleObject)]
struct ChangePasswordPayload {
    /// The session that changed it, which goes on.
    session: Session,
    /// How many other sessions were ended.
    revoked_sessions: i32,
}

/// The part of the changes that is about signing in.
#[derive(Debug, Default)]
pub(crate) struct SignInMutation;

#[Object]
impl SignInMutation {
    /// Create the first administrator with the token of the one-time link that the server shows at its
    /// start, or choose a password with the link of an invitation, and sign in.
    #[graphql(guard = "Public")]
    async fn complete_setup(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The token of the link.")] token: String,
        #[graphql(secret, desc = "The new password, at least 12 characters.")] password: String,
        #[graphql(desc = "The new name of the first administrator; `admin` when left out.")]
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

    /// Sign in. The session comes as a cookie.
    #[graphql(guard = "Public")]
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The administrator's password.")] password: String,
        #[graphql(desc = "May be left out while there is one administrator.")] username: Option<
            String,
        >,
        #[graphql(
            secret,
            desc = "The code of the second factor or a recovery code, when the answer without one is \
                    `SECOND_FACTOR_REQUIRED`."
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

    /// End this session and its cookie.
    #[graphql(guard = "WithSession")]
    async fn logout(&self, ctx: &Context<'_>) -> Result<LogoutPayload> {
        let (session, browser) = (ctx.session()?, ctx.browser()?);
        let sessions = ctx.service::<Sessions>();
        sessions
            .revoke(&ctx.audit(), session.admin.id, session.session.id)
            .await?;
        set(ctx, browser.cookies.end());
        Ok(LogoutPayload { signed_out: true })
    }

    /// Change the caller's password. All other sessions of theirs end.
    #[graphql(guard = "WithSession")]
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The password until now.")] current_password: String,
        #[graphql(secret, desc = "The new one, at least 12 characters.")] new_password: String,
    ) -> Result<ChangePasswordPayload> {
        let (browser, own) = (ctx.browser()?, ctx.session()?);
        // Whoever found an open browser must not be able to guess here either.
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
