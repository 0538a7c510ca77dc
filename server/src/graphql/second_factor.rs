//! The caller's second factor: set it up, confirm it, give it up.

use async_graphql::{Context, Object, SimpleObject};
use fast_qr::{QRBuilder, convert::svg::SvgBuilder};
use secrecy::{ExposeSecret as _, SecretString};

use super::{admin::Admin, context::ContextExt as _, error::Result, guard::WithSession};
use crate::domain::{Error, admins::RecoveryCodes};

/// A second factor that is being set up. It is asked for once it is confirmed.
#[derive(SimpleObject)]
struct EnrolTotpPayload {
    /// The secret in base 32, to be typed into an authenticator app.
    secret: String,
    /// The same as an address that such apps understand.
    otpauth_uri: String,
    /// That address as a QR code, an SVG image.
    qr_svg: String,
}

/// A second factor is asked for from now on.
#[derive(SimpleObject)]
struct ConfirmTotpPayload {
    /// The administrator.
    admin: Admin,
    /// What opens the account once each when the phone is gone; shown this once.
    recovery_codes: Vec<String>,
}

/// A second factor is no longer asked for.
#[derive(SimpleObject)]
struct DisableTotpPayload {
    /// The administrator.
    admin: Admin,
}

/// New recovery codes.
#[derive(SimpleObject)]
struct RenewRecoveryCodesPayload {
    /// What opens the account once each; shown this once. Earlier ones are worth nothing.
    recovery_codes: Vec<String>,
}

/// The part of the changes that is about second factors.
#[derive(Debug, Default)]
pub(super) struct SecondFactorMutation;

#[Object]
impl SecondFactorMutation {
    /// Begin to set up a second factor for the caller: codes of an authenticator app (TOTP).
    #[graphql(guard = "WithSession")]
    async fn enrol_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The caller's password.")] password: String,
    ) -> Result<EnrolTotpPayload> {
        let own = ctx.session()?;
        let attempt = Attempt::begin(ctx)?;
        let admins = &ctx.services().admins;
        let enrolment = admins.enrol(&own.admin, password.into()).await?;
        attempt.was_right();
        let uri = enrolment.uri.expose_secret();
        Ok(EnrolTotpPayload {
            secret: enrolment.secret.expose_secret().to_owned(),
            otpauth_uri: uri.to_owned(),
            qr_svg: svg(uri)?,
        })
    }

    /// Ask for the second factor from now on: a code shows that the app has it.
    #[graphql(guard = "WithSession")]
    async fn confirm_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The code that the app shows.")] code: String,
    ) -> Result<ConfirmTotpPayload> {
        let own = ctx.session()?;
        let attempt = Attempt::begin(ctx)?;
        let admins = &ctx.services().admins;
        let codes = admins.confirm(own.admin.id, &code.into()).await?;
        attempt.was_right();
        let admin = admins.find(own.admin.id).await?;
        let admin = admin.ok_or(Error::Unauthenticated)?;
        Ok(ConfirmTotpPayload {
            admin: Admin(admin),
            recovery_codes: shown(codes),
        })
    }

    /// No longer ask the caller for a second factor.
    #[graphql(guard = "WithSession")]
    async fn disable_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The caller's password.")] password: String,
        #[graphql(secret, desc = "A code of the app, or a recovery code.")] code: String,
    ) -> Result<DisableTotpPayload> {
        let own = ctx.session()?;
        let attempt = Attempt::begin(ctx)?;
        let admins = &ctx.services().admins;
        let (password, code) = (SecretString::from(password), SecretString::from(code));
        let admin = admins
            .disable_second_factor(&own.admin, password, &code)
            .await?;
        attempt.was_right();
        let admin = Admin(admin);
        Ok(DisableTotpPayload { admin })
    }

    /// Make new recovery codes for the caller. The earlier ones are worth nothing any more.
    #[graphql(guard = "WithSession")]
    async fn renew_recovery_codes(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The caller's password.")] password: String,
        #[graphql(secret, desc = "A code of the app, or a recovery code.")] code: String,
    ) -> Result<RenewRecoveryCodesPayload> {
        let own = ctx.session()?;
        let attempt = Attempt::begin(ctx)?;
        let admins = &ctx.services().admins;
        let (password, code) = (SecretString::from(password), SecretString::from(code));
        let codes = admins
            .renew_recovery_codes(&own.admin, password, &code)
            .await?;
        attempt.was_right();
        let recovery_codes = shown(codes);
        Ok(RenewRecoveryCodesPayload { recovery_codes })
    }
}

/// An attempt that counts: whoever found an open browser must not be able to guess here.
struct Attempt<'a>(&'a Context<'a>);

impl<'a> Attempt<'a> {
    fn begin(ctx: &'a Context<'a>) -> Result<Self> {
        let address = ctx.browser()?.address;
        let throttle = &ctx.services().login_throttle;
        throttle.attempt(address)?;
        throttle.attempt_code(ctx.session()?.admin.id)?;
        Ok(Self(ctx))
    }

    fn was_right(self) {
        let Self(ctx) = self;
        let throttle = &ctx.services().login_throttle;
        if let (Ok(browser), Ok(own)) = (ctx.browser(), ctx.session()) {
            throttle.succeeded(browser.address);
            throttle.code_was_right(own.admin.id);
        }
    }
}

fn shown(RecoveryCodes(codes): RecoveryCodes) -> Vec<String> {
    let codes = codes.iter();
    codes.map(|code| code.expose_secret().to_owned()).collect()
}

fn svg(uri: &str) -> Result<String> {
    let code = QRBuilder::new(uri).build();
    let code = code.map_err(|error| anyhow::anyhow!("cannot draw a QR code: {error}"));
    Ok(SvgBuilder::default().to_str(&code.map_err(Error::from)?))
}
