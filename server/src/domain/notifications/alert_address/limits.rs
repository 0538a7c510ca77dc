//! How many codes are sent, so that users cannot send messages in bulk or guess codes.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::alert_address_request::{self, Column, Entity as AddressRequest};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select,
};
use uuid::Uuid;

use crate::domain::{Error, Result};

const HOUR: TimeDelta = TimeDelta::hours(1);
const DAY: TimeDelta = TimeDelta::days(1);
const PER_USER_AND_HOUR: u64 = 3;
const PER_USER_AND_DAY: u64 = 10;
/// By all users together.
const PER_ADDRESS_AND_HOUR: u64 = 3;
const IN_TOTAL_AND_HOUR: u64 = 100;

/// Fails if too many codes were requested by this user, for this address or in total.
pub(super) async fn check(
    connection: &impl ConnectionTrait,
    user_id: Uuid,
    address: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let of_user = AddressRequest::find().filter(Column::UserId.eq(user_id));
    let of_address = AddressRequest::find().filter(Column::Address.eq(address));
    for (requests, span, maximum) in [
        (of_user.clone(), HOUR, PER_USER_AND_HOUR),
        (of_user, DAY, PER_USER_AND_DAY),
        (of_address, HOUR, PER_ADDRESS_AND_HOUR),
        (AddressRequest::find(), HOUR, IN_TOTAL_AND_HOUR),
    ] {
        if let Some(wait) = wait(connection, requests, (span, maximum), now).await? {
            return Err(Error::RateLimited { retry_after: wait });
        }
    }
    Ok(())
}

/// How long to wait until fewer than the maximum of these requests are within the span.
async fn wait(
    connection: &impl ConnectionTrait,
    requests: Select<AddressRequest>,
    (span, maximum): (TimeDelta, u64),
    now: DateTime<Utc>,
) -> Result<Option<Duration>> {
    // A clock that was set back must not block requests for longer than the span.
    let latest: Vec<alert_address_request::Model> = requests
        .filter(Column::CreatedAt.between(now - span, now + span))
        .order_by_desc(Column::CreatedAt)
        .limit(maximum)
        .all(connection)
        .await?;
    if u64::try_from(latest.len()).unwrap_or(u64::MAX) < maximum {
        return Ok(None);
    }
    let wait = latest.last().map(|first| first.created_at + span - now);
    let wait = wait.and_then(|wait| wait.to_std().ok());
    Ok(Some(wait.unwrap_or_default()))
}
