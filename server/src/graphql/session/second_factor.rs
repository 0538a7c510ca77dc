//! The caller's second factor: enrol, confirm, disable.

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
        resolver::{
            context::ContextExt as _, error::Result, guard::Declared, role::requires_session,
        },
    },
};

/// The result of `enrolTotp`. Sign-in requires the second factor once it is confirmed.
#[derive(SimpleObject)]
struct EnrolTotpPayload {
    /// The secret in base 32, to enter into an authenticator app.
    secret: String,
    /// The secret as an `otpauth:` URI.
    otpauth_uri: String,
    /// The URI as a QR code, an SVG image.
    qr_svg: String,
}

/// The result of `confirmTotp`.
#[derive(SimpleObject)]
struct ConfirmTotpPayload {
    /// The administrator.
    admin: Admin,
    /// Single-use recovery codes that replace the second factor. They are not shown again.
    recovery_codes: Vec<String>,
}

/// The result of `disableTotp`.
#[derive(SimpleObject)]
struct DisableTotpPayload {
    /// The administrator.
    admin: Admin,
}

/// The result of `renewRecoveryCodes`.
#[derive(SimpleObject)]
struct RenewRecoveryCodesPayload {
    /// Single-use recovery codes, not shown again. Earlier codes become invalid.
    recovery_codes: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct SecondFactorMutation;

#[Object(guard = "Declared")]
impl SecondFactorMutation {
    /// Start to enrol a second factor for the caller: codes of an authenticator app (TOTP).
    #[graphql(directive = requires_session::apply())]
    async fn enrol_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The caller's password.")] password: String,
    ) -> Result<EnrolTotpPayload> {
        let own = ctx.session()?;
        let attempt = Attempt::begin(ctx).await?;
        let admins = ctx.service::<Admins>();
        let enrolment = admins.enrol(&ctx.audit(), own, password.into()).await?;
        attempt.succeeded();
        let uri = enrolment.uri.expose_secret();
        Ok(EnrolTotpPayload {
            secret: enrolment.secret.expose_secret().to_owned(),
            otpauth_uri: uri.to_owned(),
            qr_svg: svg(uri)?,
        })
    }

    /// Activate the second factor, with a code that proves that the app has the secret.
    #[graphql(directive = requires_session::apply())]
    async fn confirm_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "A current code of the app.")] code: String,
    ) -> Result<ConfirmTotpPayload> {
        let own = ctx.session()?;
        let attempt = Attempt::begin(ctx).await?;
        let admins = ctx.service::<Admins>();
        let codes = admins
            .confirm_second_factor(&ctx.audit(), own, &code.into())
            .await?;
        attempt.succeeded();
        let admin = admins.find(own.admin.id).await?;
        let admin = admin.ok_or(Error::Unauthenticated)?;
        Ok(ConfirmTotpPayload {
            admin: Admin::from(admin),
            recovery_codes: shown(codes),
        })
    }

    /// Disable the caller's second factor.
    #[graphql(directive = requires_session::apply())]
    async fn disable_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The caller's password.")] password: String,
        #[graphql(secret, desc = "A current code of the app, or a recovery code.")] code: String,
    ) -> Result<DisableTotpPayload> {
        let own = ctx.session()?;
        let attempt = Attempt::begin(ctx).await?;
        let admins = ctx.service::<Admins>();
        let (password, code) = (SecretString::from(password), SecretString::from(code));
        let admin = admins
            .disable_second_factor(&ctx.audit(), own, password, &code)
            .await?;
        attempt.succeeded();
        let admin = Admin::from(admin);
        Ok(DisableTotpPayload { admin })
    }

    /// Create new recovery codes for the caller. Earlier codes become invalid.
    #[graphql(directive = requires_session::apply())]
    async fn renew_recovery_codes(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret, desc = "The caller's password.")] password: String,
        #[graphql(secret, desc = "A current code of the app, or a recovery code.")] code: String,
    ) -> Result<RenewRecoveryCodesPayload> {
        let own = ctx.session()?;
        let attempt = Attempt::begin(ctx).await?;
        let admins = ctx.service::<Admins>();
        let (password, code) = (SecretString::from(password), SecretString::from(code));
        let codes = admins
            .renew_recovery_codes(&ctx.audit(), own, password, &code)
            .await?;
        attempt.succeeded();
        let recovery_codes = shown(codes);
        Ok(RenewRecoveryCodesPayload { recovery_codes })
    }
}

/// A counted attempt, so that secrets cannot be guessed from an unattended browser.
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

    fn succeeded(self) {
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
