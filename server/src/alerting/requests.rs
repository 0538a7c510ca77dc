//! Failed requests, and models in use without a price.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    alert::{AlertDetail, AlertKind, AlertSeverity},
    provider_account::ProviderKind,
};
use sea_orm::Iterable as _;

use super::ConditionSources;
use crate::{
    domain::{
        Result,
        alerts::{AlertCondition, AlertSubject},
        ledger::Ledger,
        prices::PriceList,
        usage::{By, Ranking, Span, Sums, UsageFilter, UsageOrder},
    },
    engine::EngineMode,
};

/// The periods whose error rates are compared, in minutes; the higher rate counts. Sums are of whole quarter-hours.
const PERIODS: [i32; 2] = [15, 60];
/// Rates from these percentages on are a warning or critical.
const WARNING_PERCENT: i64 = 5;
const CRITICAL_PERCENT: i64 = 20;
/// With fewer requests a rate is not significant, unless a third of them failed.
const MIN_REQUESTS: i64 = 10;
/// Fewer failures are not significant.
const MIN_FAILURES: i64 = 3;

/// The period in which models are in use.
const IN_USE: TimeDelta = TimeDelta::days(1);
const MAX_MODELS: i32 = 200;

/// The share of requests that the engine, a provider or this server failed. Requests that the gateway rejects do not
/// count.
pub(super) async fn error_rate(sources: &ConditionSources) -> Result<Vec<AlertCondition>> {
    let now = sources.clock.now();
    let mut worst: Option<(i64, AlertCondition)> = None;
    for minutes in PERIODS {
        let span = Span::last(TimeDelta::minutes(minutes.into()), now)?;
        let sums = sources.usage.totals(span, &UsageFilter::default()).await?;
        let Some(severity) = severity(&sums) else {
            continue;
        };
        let share = per_million(&sums);
        if worst.as_ref().is_none_or(|(highest, _)| share > *highest) {
            let detail = AlertDetail {
                requests: Some(sums.requests),
                failed: Some(sums.failed),
                minutes: Some(minutes),
                ..AlertDetail::default()
            };
            let subject = AlertSubject::server();
            let found = AlertCondition::new(AlertKind::ErrorRate, severity, subject, detail);
            worst = Some((share, found));
        }
    }
    Ok(worst.into_iter().map(|(_, found)| found).collect())
}

fn severity(sums: &Sums) -> Option<AlertSeverity> {
    let share = per_million(sums);
    let is_third = sums.failed.saturating_mul(3) >= sums.requests;
    if sums.failed < MIN_FAILURES || (sums.requests < MIN_REQUESTS && !is_third) {
        return None;
    }
    if share >= CRITICAL_PERCENT * 10_000 {
        return Some(AlertSeverity::Critical);
    }
    (share >= WARNING_PERCENT * 10_000).then_some(AlertSeverity::Warning)
}

fn per_million(sums: &Sums) -> i64 {
    sums.failed.saturating_mul(1_000_000) / sums.requests.max(1)
}

/// Models of the last day whose tokens had no price and still have none. The models of a demo have none on purpose.
pub(super) async fn unpriced(sources: &ConditionSources) -> Result<Vec<AlertCondition>> {
    if sources.engine.status().mode == EngineMode::Demo {
        return Ok(Vec::new());
    }
    let now = sources.clock.now();
    let ranking = Ranking {
        by: By::Model,
        order: UsageOrder::Requests,
        first: MAX_MODELS,
    };
    let span = Span::last(IN_USE, now)?;
    let models = sources
        .usage
        .breakdown(span, &UsageFilter::default(), ranking)
        .await?;
    let prices = sources.prices.current();
    let found = models
        .iter()
        .filter(|model| model.sums.unpriced > 0 && !model.subject.is_empty())
        .filter(|model| !is_priced(&model.subject, &prices, &sources.ledger, now))
        .map(|model| {
            let detail = AlertDetail {
                requests: Some(model.sums.unpriced),
                ..AlertDetail::default()
            };
            let subject = AlertSubject::model(&model.subject);
            AlertCondition::new(
                AlertKind::ModelUnpriced,
                AlertSeverity::Warning,
                subject,
                detail,
            )
        });
    Ok(found.collect())
}

/// Whether each provider that has served a model has a price for it; any price counts while no provider is known.
fn is_priced(model: &str, prices: &PriceList, ledger: &Ledger, now: DateTime<Utc>) -> bool {
    let has_price = |kind| prices.find(model, Some(kind), now).is_some();
    let providers = ledger.served_by(model);
    match providers.as_slice() {
        [] => prices.find(model, None, now).is_some() || ProviderKind::iter().any(has_price),
        known => known.iter().copied().all(has_price),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(requests: i64, failed: i64) -> Option<AlertSeverity> {
        severity(&Sums {
            requests,
            failed,
            ..Sums::default()
        })
    }

    #[test]
    fn failed_requests_are_a_condition_by_their_share_unless_there_are_only_a_few() {
        assert_eq!(of(1000, 49), None);
        assert_eq!(of(1000, 50), Some(AlertSeverity::Warning));
        assert_eq!(of(1000, 199), Some(AlertSeverity::Warning));
        assert_eq!(of(1000, 200), Some(AlertSeverity::Critical));
        assert_eq!(of(45, 15), Some(AlertSeverity::Critical));
        assert_eq!(of(9, 9), Some(AlertSeverity::Critical));
        assert_eq!(of(9, 3), Some(AlertSeverity::Critical));
        assert_eq!(of(2, 2), None);
        assert_eq!(of(20, 2), None);
    }
}
