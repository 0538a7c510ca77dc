//! The second factor: one-time codes of an authenticator app (TOTP, RFC 6238), and recovery codes for a lost phone.

use entity::{
    admin::{self, Entity as Admin},
    recovery_code::{self, Entity as RecoveryCode},
};
use rand::RngExt as _;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, Condition, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, sea_query::Expr,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::{Admins, Error, Result, audited, not_found, subject};
use crate::{
    crypto::vault::VaultError,
    domain::{
        audit::{self, AuditChange, AuditContext},
        sessions::AdminSession,
    },
};

/// The issuer that authenticator apps show above the code.
const ISSUER: &str = "ProxyPal";
const SECRET_BYTES: usize = 20;
const CODES: usize = 10;
/// Letters and digits without the ones that look alike; five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const HALF: usize = 8;
const WRONG: Error = Error::WrongCredentials("the code is incorrect or was used already");

/// A second factor during set-up. Its secret cannot be shown again.
#[derive(Debug)]
pub struct Enrolment {
    /// In base 32, for typing.
    pub secret: SecretString,
    /// The `otpauth` address for the QR code.
    pub uri: SecretString,
}

/// New recovery codes. They are stored as digests and cannot be shown again.
#[derive(Debug)]
pub struct RecoveryCodes(pub Vec<SecretString>);

impl Admins {
    /// Starts the set-up of a second factor. Sign-ins require it once it is confirmed.
    pub async fn enrol(
        &self,
        context: &AuditContext,
        own: &AdminSession,
        password: SecretString,
    ) -> Result<Enrolment> {
        context.about(subject(&own.admin));
        self.confirm(own, password).await?;
        let admin = &own.admin;
        let secret: [u8; SECRET_BYTES] = rand::random();
        let totp = totp(&secret, &admin.username)?;
        let transaction = self.db.begin().await?;
        let current = self.sessions.require_unchanged(&transaction, own).await?;
        if current.totp_confirmed_at.is_some() {
            return Err(Error::Conflict(
                "a second factor is enabled already; disable it first".to_owned(),
            ));
        }
        let mut row = current.into_active_model();
        row.totp_sealed = Set(Some(self.vault.seal(&owner(admin.id), &secret)?));
        row.totp_last_step = Set(None);
        let row = row.update(&transaction).await?;
        let begun = AuditChange::updated(
            subject(&row),
            json!({}),
            json!({ "secondFactor": "setting up" }),
        );
        audit::record(&transaction, &self.clock, context, begun).await?;
        transaction.commit().await?;
        let uri = totp.to_url().map_err(anyhow::Error::from)?;
        Ok(Enrolment {
            secret: Secret::from(&secret[..]).to_base32().into(),
            uri: uri.into(),
        })
    }

    /// Enables the second factor after verifying a code of the app. Returns recovery codes.
    pub async fn confirm_second_factor(
        &self,
        context: &AuditContext,
        own: &AdminSession,
        code: &SecretString,
    ) -> Result<RecoveryCodes> {
        context.about(subject(&own.admin));
        let id = own.admin.id;
        let admin = self.find(id).await?.ok_or_else(not_found)?;
        if admin.totp_confirmed_at.is_some() || admin.totp_sealed.is_none() {
            return Err(Error::Conflict(
                "no second factor is being set up; start with enrolTotp".to_owned(),
            ));
        }
        let step = self.step_of(&admin, code)?.ok_or(WRONG)?;
        let transaction = self.db.begin().await?;
        let old = self.sessions.require_unchanged(&transaction, own).await?;
        if old.totp_sealed != admin.totp_sealed {
            return Err(WRONG);
        }
        take_step(&transaction, id, step).await?;
        let mut admin = old.clone().into_active_model();
        admin.totp_confirmed_at = Set(Some(self.clock.now()));
        admin.totp_last_step = Set(Some(step));
        let admin = admin.update(&transaction).await?;
        let codes = self.new_codes(&transaction, id).await?;
        let confirmed = AuditChange::updated(subject(&admin), audited(&old), audited(&admin));
        audit::record(&transaction, &self.clock, context, confirmed).await?;
        transaction.commit().await?;
        Ok(codes)
    }

    pub async fn disable_second_factor(
        &self,
        context: &AuditContext,
        own: &AdminSession,
        password: SecretString,
        code: &SecretString,
    ) -> Result<admin::Model> {
        context.about(subject(&own.admin));
        self.confirm(own, password).await?;
        let admin = self.with_second_factor(own.admin.id).await?;
        self.use_code(&admin, code).await?;
        let transaction = self.db.begin().await?;
        let old = self.sessions.require_unchanged(&transaction, own).await?;
        let mut row = old.clone().into_active_model();
        Self::forget_second_factor(&transaction, &mut row).await?;
        let admin = row.update(&transaction).await?;
        let disabled = AuditChange::updated(subject(&admin), audited(&old), audited(&admin));
        audit::record(&transaction, &self.clock, context, disabled).await?;
        transaction.commit().await?;
        Ok(admin)
    }

    /// Creates new recovery codes and invalidates the earlier ones.
    pub async fn renew_recovery_codes(
        &self,
        context: &AuditContext,
        own: &AdminSession,
        password: SecretString,
        code: &SecretString,
    ) -> Result<RecoveryCodes> {
        context.about(subject(&own.admin));
        self.confirm(own, password).await?;
        let admin = self.with_second_factor(own.admin.id).await?;
        self.use_code(&admin, code).await?;
        let transaction = self.db.begin().await?;
        let admin = self.sessions.require_unchanged(&transaction, own).await?;
        let codes = self.new_codes(&transaction, admin.id).await?;
        let renewed = AuditChange::updated(
            subject(&admin),
            json!({ "recoveryCodes": "previous" }),
            json!({ "recoveryCodes": "new" }),
        );
        audit::record(&transaction, &self.clock, context, renewed).await?;
        transaction.commit().await?;
        Ok(codes)
    }

    /// The number of unused recovery codes.
    pub async fn recovery_codes_left(&self, id: Uuid) -> Result<u64> {
        let left = RecoveryCode::find()
            .filter(recovery_code::Column::AdminId.eq(id))
            .filter(recovery_code::Column::UsedAt.is_null());
        Ok(left.count(self.db.reader()).await?)
    }

    /// Verifies a code of the app or a recovery code, and marks it as used.
    pub(super) async fn use_code(&self, admin: &admin::Model, code: &SecretString) -> Result<()> {
        if let Some(step) = self.step_of(admin, code)? {
            let transaction = self.db.begin().await?;
            take_step(&transaction, admin.id, step).await?;
            return Ok(transaction.commit().await?);
        }
        let digest = self.digest_of(admin.id, code.expose_secret());
        let used = RecoveryCode::update_many()
            .col_expr(recovery_code::Column::UsedAt, Expr::value(self.clock.now()))
            .filter(recovery_code::Column::AdminId.eq(admin.id))
            .filter(recovery_code::Column::Digest.eq(digest))
            .filter(recovery_code::Column::UsedAt.is_null())
            .exec(self.db.writer())
            .await?;
        if used.rows_affected == 0 {
            return Err(WRONG);
        }
        Ok(())
    }

    pub(super) async fn forget_second_factor(
        transaction: &DatabaseTransaction,
        admin: &mut admin::ActiveModel,
    ) -> Result<()> {
        admin.totp_sealed = Set(None);
        admin.totp_confirmed_at = Set(None);
        admin.totp_last_step = Set(None);
        let codes = RecoveryCode::delete_many();
        let id = admin.id.clone().unwrap();
        codes
            .filter(recovery_code::Column::AdminId.eq(id))
            .exec(transaction)
            .await?;
        Ok(())
    }

    /// The time step that this code belongs to. Adjacent steps are accepted, because clocks differ.
    fn step_of(&self, admin: &admin::Model, code: &SecretString) -> Result<Option<i64>> {
        let Some(sealed) = &admin.totp_sealed else {
            return Ok(None);
        };
        let secret = self
            .vault
            .open(&owner(admin.id), sealed)
            .map_err(|error| match error {
                VaultError::UnknownKey | VaultError::Damaged => Error::Internal(
                    anyhow::Error::from(error)
                        .context("cannot decrypt the secret of a second factor"),
                ),
            })?;
        let totp = totp(&secret, &admin.username)?;
        let typed: String = code
            .expose_secret()
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        let now = u64::try_from(self.clock.now().timestamp()).unwrap_or_default();
        let step = totp.check(&typed, now);
        Ok(step.and_then(|step| i64::try_from(step).ok()))
    }

    async fn new_codes(
        &self,
        transaction: &DatabaseTransaction,
        id: Uuid,
    ) -> Result<RecoveryCodes> {
        RecoveryCode::delete_many()
            .filter(recovery_code::Column::AdminId.eq(id))
            .exec(transaction)
            .await?;
        let codes: Vec<String> = (0..CODES).map(|_| recovery_code()).collect();
        let rows = codes.iter().map(|code| recovery_code::ActiveModel {
            admin_id: Set(id),
            digest: Set(self.digest_of(id, code)),
            used_at: Set(None),
        });
        RecoveryCode::insert_many(rows)
            .exec_without_returning(transaction)
            .await?;
        Ok(RecoveryCodes(codes.into_iter().map(Into::into).collect()))
    }

    /// Ignores case and dashes, because recovery codes are typed from paper.
    fn digest_of(&self, id: Uuid, code: &str) -> Vec<u8> {
        let typed = code.chars().filter(char::is_ascii_alphanumeric);
        let typed: String = typed.map(|letter| letter.to_ascii_lowercase()).collect();
        let seed = [b"recovery:".as_slice(), id.as_bytes(), typed.as_bytes()].concat();
        self.digester.digest(&seed).to_vec()
    }

    async fn with_second_factor(&self, id: Uuid) -> Result<admin::Model> {
        let admin = self.find(id).await?.ok_or_else(not_found)?;
        if admin.totp_confirmed_at.is_none() {
            return Err(Error::Conflict("no second factor is enabled".to_owned()));
        }
        Ok(admin)
    }
}

/// Marks a time step as used; fails if this or a later one was used, so that an observed code cannot be replayed.
async fn take_step(transaction: &DatabaseTransaction, id: Uuid, step: i64) -> Result<()> {
    let is_new = Condition::any()
        .add(admin::Column::TotpLastStep.is_null())
        .add(admin::Column::TotpLastStep.lt(step));
    let taken = Admin::update_many()
        .col_expr(admin::Column::TotpLastStep, Expr::value(step))
        .filter(admin::Column::Id.eq(id))
        .filter(is_new)
        .exec(transaction)
        .await?;
    if taken.rows_affected == 0 {
        return Err(WRONG);
    }
    Ok(())
}

fn totp(secret: &[u8], username: &str) -> Result<Totp> {
    // A colon would end the issuer part of the label.
    let account = username.replace(':', " ");
    let totp = Builder::new()
        .with_secret(Secret::from(secret))
        .with_issuer(Some(ISSUER))
        .with_account_name(account)
        .build();
    Ok(totp.map_err(anyhow::Error::from)?)
}

fn recovery_code() -> String {
    let mut rng = rand::rng();
    let mut letter = || char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]);
    let first: String = (0..HALF).map(|_| letter()).collect();
    let second: String = (0..HALF).map(|_| letter()).collect();
    format!("{first}-{second}")
}

/// The record to which the encrypted secret is bound.
pub(in crate::domain) fn owner(id: Uuid) -> String {
    format!("totp:{id}")
}
