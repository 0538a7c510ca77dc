//! Composes the messages about usage windows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::provider_account;
use sea_orm::ActiveEnum as _;
use uuid::Uuid;

use crate::domain::{
    Result,
    notifications::Message,
    provider_accounts::ProviderAccounts,
    windows::{Cycle, WindowStatus},
};

/// Percent of a window that are used elsewhere before it is reported.
const OUTSIDE_PERCENT: f64 = 10.0;
/// Cycles that are compared: the latest ones with those before.
const COMPARED: i32 = 6;
const LATEST: usize = 2;
/// Characters of a window's name in a subject.
const MAX_NAME: usize = 60;
/// The relative change of what one percent buys that is reported.
const CHANGE: f64 = 0.3;

/// Windows that are likely to be used up well before their reset. A cycle that was once so stays, so that it is
/// reported once.
pub(super) async fn forecast(accounts: &ProviderAccounts) -> Result<Vec<Message>> {
    let message = |(window, account): (&WindowStatus, &str)| {
        let cycle_id = window.cycle_id.filter(|_| window.has_warned)?;
        Some(Message {
            subject: format!("window:{cycle_id}"),
            title: format!(
                "ProxyPal: {} of {account} is likely to be used up before its reset",
                window.name
            ),
            body: forecast_text(window),
        })
    };
    of_windows(accounts, message).await
}

fn forecast_text(window: &WindowStatus) -> String {
    let prediction = window.outlook.prediction;
    let time = |minutes: Option<f64>| {
        let at = minutes.map(|minutes| prediction.after(minutes));
        at.map_or_else(|| "after the reset".to_owned(), time_text)
    };
    let level = window.outlook.level;
    let resets = window.resets_at.map_or_else(String::new, |at| {
        format!(" It resets at {}.", time_text(at))
    });
    let Ok(forecast) = prediction.forecast else {
        return format!("{level:.0} % are used.{resets}");
    };
    format!(
        "{level:.0} % are used. Likely used up at about {} (between {} and {}), probability {:.0} %.{resets}",
        time(forecast.likely),
        time(forecast.earliest),
        time(forecast.latest),
        forecast.probability * 100.0,
    )
}

/// Windows of which much was used outside of this server.
pub(super) async fn outside(accounts: &ProviderAccounts) -> Result<Vec<Message>> {
    let message = |(window, account): (&WindowStatus, &str)| {
        let outside = window.outlook.outside_percent;
        let outside = outside.filter(|percent| *percent > OUTSIDE_PERCENT)?;
        Some(Message {
            subject: format!("outside:{}", window.cycle_id?),
            title: format!("ProxyPal: {account} is used outside of this server"),
            body: format!(
                "{outside:.0} % of the window {} were used by other programs since it began.",
                window.name
            ),
        })
    };
    of_windows(accounts, message).await
}

/// Windows of which one percent buys more or less than before.
pub(super) async fn allowance_changed(accounts: &ProviderAccounts) -> Result<Vec<Message>> {
    let usage = accounts.windows().usage();
    let labels = labels(accounts).await?;
    let mut messages = Vec::new();
    for window in usage.all().await? {
        let cycles = usage.cycles(window.account_id, &window.name, COMPARED);
        let Some(factor) = change(&cycles.await?) else {
            continue;
        };
        let Some(account) = labels.get(&window.account_id) else {
            continue;
        };
        messages.push(Message {
            subject: subject(&window),
            title: format!("ProxyPal: the allowance of {account} seems to have changed"),
            body: format!(
                "One percent of the window {} bought {:.0} % of what it bought before, in its last {LATEST} cycles. The plan \
                 may have changed, or how the provider counts.",
                window.name,
                factor * 100.0
            ),
        });
    }
    Ok(messages)
}

fn subject(window: &WindowStatus) -> String {
    let name: String = window.name.chars().take(MAX_NAME).collect();
    format!("allowance:{}:{name}", window.account_id)
}

/// The units that one percent bought in each of the latest cycles, compared with those before; `None` unless all moved by enough in
/// the same direction.
fn change(cycles: &[Cycle]) -> Option<f64> {
    let known: Vec<f64> = cycles
        .iter()
        .filter_map(|cycle| cycle.units_per_percent)
        .collect();
    let (latest, before) = known.split_at_checked(LATEST)?;
    let mut before = before.to_vec();
    before.sort_by(f64::total_cmp);
    let usual = before.get(before.len() / 2).filter(|usual| **usual > 0.0)?;
    let factors: Vec<f64> = latest.iter().map(|units| units / usual).collect();
    let has_grown = factors.iter().all(|factor| *factor >= 1.0 + CHANGE);
    let has_shrunk = factors.iter().all(|factor| *factor <= 1.0 - CHANGE);
    let newest = factors.first().copied();
    newest.filter(|_| before.len() >= LATEST && (has_grown || has_shrunk))
}

async fn of_windows(
    accounts: &ProviderAccounts,
    message: impl Fn((&WindowStatus, &str)) -> Option<Message>,
) -> Result<Vec<Message>> {
    let labels = labels(accounts).await?;
    let windows = accounts.windows().usage().all().await?;
    let messages = windows.iter().filter_map(|window| {
        let account = labels.get(&window.account_id)?;
        message((window, account))
    });
    Ok(messages.collect())
}

/// The names of accounts for administrators.
async fn labels(accounts: &ProviderAccounts) -> Result<HashMap<Uuid, String>> {
    let name = |account: &provider_account::Model| {
        format!("{} ({})", account.label, account.kind.to_value())
    };
    let accounts = accounts.list().await?;
    Ok(accounts
        .iter()
        .map(|account| (account.id, name(account)))
        .collect())
}

fn time_text(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// Cycles in which one percent bought so many units, the latest first.
    fn cycles(units: &[f64]) -> Vec<Cycle> {
        let cycle = |units_per_percent: &f64| Cycle {
            started_at: DateTime::UNIX_EPOCH,
            ended_at: DateTime::UNIX_EPOCH + TimeDelta::hours(5),
            percent: 50,
            units: 1.0,
            outside_percent: None,
            units_per_percent: Some(*units_per_percent),
        };
        units.iter().map(cycle).collect()
    }

    #[test]
    fn a_change_of_the_allowance_needs_two_cycles_in_one_direction() {
        assert_eq!(change(&cycles(&[0.6, 0.6, 1.0, 1.0, 1.0])), Some(0.6));
        assert_eq!(change(&cycles(&[4.0, 3.9, 1.0, 1.0])), Some(4.0));
        assert_eq!(change(&cycles(&[0.6, 1.0, 1.0, 1.0])), None);
        assert_eq!(change(&cycles(&[0.6, 1.5, 1.0, 1.0])), None);
        assert_eq!(change(&cycles(&[0.8, 0.8, 1.0, 1.0])), None);
        assert_eq!(change(&cycles(&[0.6, 0.6, 1.0])), None, "too few cycles");
        assert_eq!(change(&[]), None);
    }
}
