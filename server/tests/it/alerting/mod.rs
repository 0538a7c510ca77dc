//! Alerts: each kind is raised and ended, and its life in the database.

mod accounts;
mod kinds;
mod life;
mod verdict;

use std::{io, path::Path};

use proxypal_server::{
    alerting::{AlertWatcher, ConditionSources},
    disk,
    domain::alerts::Alerts,
    graphql::Services,
};
use serde_json::Value;

use crate::support::{Caller, code};

const FIELDS: &str = "{ id kind severity message raisedAt lastSeenAt endedAt acknowledgedAt acknowledgedBy \
    subject { kind id name } detail { reason provider until lastAt requests failed minutes everyHours freeBytes \
    quota { metric window limit used userId apiKeyId apiKeyName } } }";

/// An evaluator of a server's conditions, with enough disk space.
pub(crate) fn watcher(services: &Services) -> AlertWatcher {
    watcher_with(services, services.alerts.clone(), |_| Ok(disk::LOW_SPACE))
}

fn watcher_with(
    services: &Services,
    alerts: Alerts,
    free_space: fn(&Path) -> io::Result<u64>,
) -> AlertWatcher {
    let sources = ConditionSources {
        engine: services.engine.clone(),
        engine_updates: services.engine_updates.clone(),
        accounts: services.provider_accounts.clone(),
        requests: services.requests.clone(),
        usage: services.usage.clone(),
        quotas: services.quotas.clone(),
        users: services.users.clone(),
        api_keys: services.api_keys.clone(),
        ledger: services.ledger.clone(),
        prices: services.prices.clone(),
        backups: services.backups.clone(),
        settings: services.settings.clone(),
        directories: vec!["/".into()],
        free_space,
        clock: services.clock.clone(),
    };
    AlertWatcher::new(alerts, sources)
}

/// The alerts that a filter finds.
async fn alerts(caller: &Caller, filter: &str) -> Vec<Value> {
    let query = format!("{{ alerts(filter: {{ {filter} }}, first: 200) {{ nodes {FIELDS} }} }}");
    let answer = caller.ask(&query).await;
    assert_eq!(code(&answer), "", "{answer}");
    answer["data"]["alerts"]["nodes"]
        .as_array()
        .unwrap()
        .clone()
}

/// The only open alert of a kind.
async fn open(caller: &Caller, kind: &str) -> Option<Value> {
    let mut found = alerts(caller, &format!("open: true, kinds: [{kind}]")).await;
    assert!(found.len() <= 1, "{found:#?}");
    found.pop()
}

/// The alerts of a kind that ended.
async fn ended(caller: &Caller, kind: &str) -> Vec<Value> {
    alerts(caller, &format!("open: false, kinds: [{kind}]")).await
}
