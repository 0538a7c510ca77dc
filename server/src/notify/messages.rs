//! Composes the messages of current alert conditions.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    alert::{self, AlertKind},
    provider_account::{self, CredentialKind},
    quota::Metric,
    request::Outcome,
};
use sea_orm::ActiveEnum as _;

use crate::{
    domain::{
        Result,
        alerts::{AlertFilter, Alerts},
        ledger::QuotaState,
        notifications::Message,
        paging::PageRequest,
        provider_accounts::{AccountState, AccountStatus},
        requests::{RequestFilter, RequestLog},
        usd,
        users::{Users, api_keys::ExpiringKey, quotas::Quotas},
    },
    engine::{EngineState, EngineStatus},
};

/// The error rate is taken over at most this many of the latest requests, of this age.
const LATEST: i32 = 200;
const RECENT: TimeDelta = TimeDelta::minutes(15);
/// Fewer requests give no meaningful rate.
const MINIMUM_REQUESTS: usize = 20;

/// Models without a price in one evaluation, the latest.
const MAX_MODELS: i32 = 100;
/// Characters of a model's name in a subject.
const MAX_SUBJECT: usize = 100;

/// The quotas that have reached one of these percentages, each with the highest one.
pub(super) async fn reached(
    quotas: &Quotas,
    percents: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<(QuotaState, u8)>> {
    let mut reached = Vec::new();
    for meter in quotas.all().await? {
        // Settled usage only: reservations may be released.
        let used = meter.per_million(now) / 10_000;
        let highest = percents
            .iter()
            .filter(|percent| used >= i128::from(**percent));
        if let Some(percent) = highest.max() {
            reached.push((meter, *percent));
        }
    }
    Ok(reached)
}

/// For each quota, the highest of these percentages that it has reached.
pub(super) async fn quotas(
    quotas: &Quotas,
    users: &Users,
    percents: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<Message>> {
    let reached = reached(quotas, percents, now).await?;
    let ids: Vec<_> = reached
        .iter()
        .map(|(meter, _)| meter.quota.user_id)
        .collect();
    let names: HashMap<_, _> = users
        .find_many(&ids)
        .await?
        .into_iter()
        .map(|user| (user.id, user.name))
        .collect();
    let message = |(meter, percent): (QuotaState, u8)| {
        let name = names
            .get(&meter.quota.user_id)
            .map_or("a user", String::as_str);
        let whose = match meter.quota.api_key_id {
            Some(_) => format!("a quota of a key of {name}"),
            None => format!("a quota of {name}"),
        };
        quota(&meter, percent, &whose, now)
    };
    Ok(reached.into_iter().map(message).collect())
}

/// A warning to the user of a quota. It has no text that the user chose, such as the name of a key.
pub(super) fn own_quota(meter: &QuotaState, percent: u8, now: DateTime<Utc>) -> Message {
    let whose = match meter.quota.api_key_id {
        Some(_) => "a quota of one of your API keys",
        None => "one of your quotas",
    };
    quota(meter, percent, whose, now)
}

/// A key that ends soon.
pub(super) fn key(expiring: &ExpiringKey) -> Message {
    let whose = format!(
        "the API key {} of {}",
        expiring.key.name, expiring.user_name
    );
    key_end(expiring, &whose)
}

/// A warning to the user of a key. It has no text that the user chose; the last four characters tell keys apart.
pub(super) fn own_key(expiring: &ExpiringKey) -> Message {
    let whose = format!("your API key that ends in {}", expiring.key.last_four);
    key_end(expiring, &whose)
}

fn key_end(expiring: &ExpiringKey, whose: &str) -> Message {
    let when = match expiring.days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let at = expiring.ends_at.format("%Y-%m-%d %H:%M UTC");
    Message {
        subject: format!("key:{}:{}", expiring.key.id, expiring.days),
        title: format!("ProxyPal: {whose} expires within {when}"),
        body: format!("It expires at {at}. Rotate it, or ask the administrator for a new one."),
    }
}

fn quota(meter: &QuotaState, percent: u8, whose: &str, now: DateTime<Utc>) -> Message {
    let standing = meter.standing(now);
    let amount = |amount: i64| match meter.quota.metric {
        Metric::Tokens => format!("{amount} tokens"),
        Metric::Cost => format!("{} USD", usd::print(amount)),
        Metric::Requests => format!("{amount} requests"),
    };
    let (amount_used, limit) = (amount(standing.used), amount(standing.limit));
    let window = meter.quota.window.to_value();
    let resets = standing.resets_at.map_or(String::new(), |at| {
        format!(" It resets at {}.", at.format("%Y-%m-%d %H:%M UTC"))
    });
    Message {
        subject: format!("quota:{}:{percent}", meter.quota.id),
        title: format!("ProxyPal: {percent} % of {whose} used"),
        body: format!("Used: {amount_used} of {limit} (window: {window}).{resets}"),
    }
}

/// Failing and paused accounts.
pub(super) fn failing(
    accounts: impl Iterator<Item = (provider_account::Model, AccountState)>,
) -> Vec<Message> {
    let message = |(account, state): (provider_account::Model, AccountState)| {
        let is_failing = match state.status {
            AccountStatus::Failing | AccountStatus::RefreshFailed | AccountStatus::Paused => true,
            AccountStatus::Active
            | AccountStatus::Cooling
            | AccountStatus::Expired
            | AccountStatus::Disabled
            | AccountStatus::Unknown => false,
        };
        let problem = state.reason.filter(|_| is_failing)?;
        let (kind, label) = (account.kind.to_value(), &account.label);
        // Of its own, so that a pause is reported even if the failures before it were.
        let (condition, subject) = if state.status == AccountStatus::Paused {
            ("paused", format!("account:{}:paused", account.id))
        } else {
            ("failing", format!("account:{}", account.id))
        };
        Some(Message {
            subject,
            title: format!("ProxyPal: account {label} ({kind}) is {condition}"),
            body: format!("{problem}\nSee Providers; sign in again if the sign-in is invalid."),
        })
    };
    accounts.filter_map(message).collect()
}

/// Accounts whose sign-in has expired and was not refreshed.
pub(super) fn expired(accounts: Vec<provider_account::Model>, now: DateTime<Utc>) -> Vec<Message> {
    let message = |account: provider_account::Model| {
        if !account.is_in_use() || account.credential != CredentialKind::AuthFile {
            return None;
        }
        let end = account.expires_at.filter(|end| *end <= now)?;
        let (kind, label) = (account.kind.to_value(), &account.label);
        Some(Message {
            subject: format!("account:{}", account.id),
            title: format!("ProxyPal: sign-in of {label} ({kind}) expired"),
            body: format!(
                "It expired at {} and was not refreshed. Sign in again under Providers.",
                end.format("%Y-%m-%d %H:%M UTC")
            ),
        })
    };
    accounts.into_iter().filter_map(message).collect()
}

/// The engine, when it is not running although it should.
pub(super) fn engine(status: &EngineStatus) -> Vec<Message> {
    match status.state {
        EngineState::Running | EngineState::Starting | EngineState::Stopped => Vec::new(),
        EngineState::BackingOff | EngineState::Failed => {
            let reason = status
                .last_error
                .as_deref()
                .unwrap_or("No reason was reported.");
            vec![Message {
                subject: "engine".to_owned(),
                title: "ProxyPal: the engine is not running".to_owned(),
                body: format!("{reason}\nRequests are refused until it runs again."),
            }]
        }
    }
}

/// The models of open alerts.
pub(super) async fn unpriced(alerts: &Alerts) -> Result<Vec<Message>> {
    let open = AlertFilter {
        open: Some(true),
        kinds: Some(vec![AlertKind::ModelUnpriced]),
        ..AlertFilter::default()
    };
    let latest = PageRequest {
        first: Some(MAX_MODELS),
        ..PageRequest::default()
    };
    let models = alerts.list(&open, &latest).await?.items.into_iter();
    Ok(models.map(|alert| without_price(&alert)).collect())
}

fn without_price(alert: &alert::Model) -> Message {
    let name = &alert.subject_name;
    let key: String = name.chars().take(MAX_SUBJECT).collect();
    let requests = alert.detail.requests.unwrap_or_default();
    Message {
        subject: format!("model:{key}"),
        title: format!("ProxyPal: the model {name} has no price"),
        body: format!(
            "Requests in the last day: {requests}. Quotas of costs count them at an assumed price, ignore them or \
             refuse them. Set the price under Models, Prices."
        ),
    }
}

/// Compares the share of failed requests with this percentage.
pub(super) async fn error_rate(
    requests: &RequestLog,
    limit: u8,
    now: DateTime<Utc>,
) -> Result<Vec<Message>> {
    let filter = RequestFilter {
        from: Some(now - RECENT),
        ..RequestFilter::default()
    };
    let latest = PageRequest {
        first: Some(LATEST),
        ..PageRequest::default()
    };
    let latest = requests.list(&filter, &latest).await?.items;
    // Requests that the gateway rejects are not failures of a provider.
    let counting = latest.iter().filter(|row| row.outcome != Outcome::Rejected);
    let all = counting.clone().count();
    let failed = counting
        .filter(|row| row.outcome == Outcome::UpstreamError)
        .count();
    if all < MINIMUM_REQUESTS || failed * 100 < all * usize::from(limit) {
        return Ok(Vec::new());
    }
    Ok(vec![Message {
        subject: "errors".to_owned(),
        title: format!("ProxyPal: {failed} of the latest {all} requests failed"),
        body: "The engine or a provider failed or refused them. See Requests.".to_owned(),
    }])
}
