//! The caller's second factor: set it up, confirm it, give it up.

use std::net::IpAddr;

use async_graphql::{Context, Object, SimpleObject};
use fast_qr::{QRBuilder, convert::svg::SvgBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::{
    domain::{
        Error,
        admins::{Admins, RecoveryCodes},
        login_throttle::{self, LoginThrottle},
    },
    graphql::{
        admin::list::Admin,
        resolver::{context::ContextExt as _, error::Result, guard::WithSession},
    },
};

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
pub(crate) struct SecondFactorMutation;

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
        let attempt = Attempt::begin(ctx).await?;
        let admins = ctx.service::<Admins>();
        let enrolment = admins.enrol(&ctx.audit(), own, password.into()).await?;
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
        let attempt = Attempt::begin(ctx).await?;
        let admins = ctx.service::<Admins>();
        let codes = admins
            .confirm_second_factor(&ctx.audit(), own, &code.into())
            .await?;
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
        let attempt = Attempt::begin(ctx).await?;
        let admins = ctx.service::<Admins>();
        let (password, code) = (SecretString::from(password), SecretString::from(code));
        let admin = admins
            .disable_second_factor(&ctx.audit(), own, password, &code)
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
        let attempt = Attempt::begin(ctx).await?;
        let admins = ctx.service::<Admins>();
        let (password, code) = (SecretString::from(password), SecretString::from(code));
        let codes = admins
            .renew_recovery_codes(&ctx.audit(), own, password, &code)
            .await?;
        attempt.was_right();
        let recovery_codes = shown(codes);
        Ok(RenewRecoveryCodesPayload { recovery_codes })
    }
}

/// An attempt that counts: whoever found an open browser must not be able to guess here.
struct Attempt {
    throttle: LoginThrottle,
    password: login_throttle::LoginAttempt,
    admin_id: Uuid,
    address: Option<IpAddr>,
}

impl Attempt {
    async fn begin(ctx: &Context<'_>) -> Result<Self> {
        let (address, own) = (ctx.browser()?.address, ctx.session()?);
        let throttle = ctx.service::<LoginThrottle>().clone();
        let password = throttle.attempt(address, &own.admin.username).await?;
        throttle.attempt_code(own.admin.id, address)?;
        Ok(Self {
            throttle,
            password,
            admin_id: own.admin.id,
            address,
        })
    }

    fn was_right(self) {
        self.password.succeeded();
        self.throttle.code_was_right(self.admin_id, self.address);
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
