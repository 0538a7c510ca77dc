//! The engine's options for routing, retries and cooldowns, rendered from the settings.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    domain::settings::{EngineSettings, RoutingSettings, RoutingStrategy},
    providers,
};

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Choices {
    routing: Routing,
    request_retry: u32,
    max_retry_credentials: u32,
    max_retry_interval: u32,
    disable_cooling: bool,
    transient_error_cooldown_seconds: i32,
    /// The switches of single providers.
    #[serde(flatten)]
    providers: Map<String, Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Routing {
    strategy: &'static str,
    session_affinity: bool,
    session_affinity_ttl: String,
}

impl Choices {
    pub(super) fn new(settings: &EngineSettings) -> Self {
        let routing = &settings.routing;
        Self {
            routing: Routing::new(routing),
            request_retry: routing.request_retries,
            max_retry_credentials: routing.max_retry_credentials,
            max_retry_interval: routing.max_retry_interval_seconds,
            disable_cooling: !routing.cooldown,
            transient_error_cooldown_seconds: transient_cooldown(routing),
            providers: provider_switches(settings),
        }
    }
}

impl Routing {
    fn new(routing: &RoutingSettings) -> Self {
        Self {
            strategy: match routing.strategy {
                RoutingStrategy::RoundRobin => "round-robin",
                RoutingStrategy::Weighted => "weighted-round-robin",
                RoutingStrategy::FillFirst => "fill-first",
            },
            session_affinity: routing.session_affinity,
            session_affinity_ttl: format!("{}s", routing.session_affinity_seconds),
        }
    }
}

/// To the engine 0 means a minute and a negative number means none.
fn transient_cooldown(routing: &RoutingSettings) -> i32 {
    match routing.transient_cooldown_seconds {
        0 => -1,
        seconds => i32::try_from(seconds).unwrap_or(i32::MAX),
    }
}

/// The switches that the settings of providers set, by their names in the engine's configuration.
fn provider_switches(settings: &EngineSettings) -> Map<String, Value> {
    let mut switches = Map::new();
    for spec in providers::ALL {
        let settings = &settings.provider(spec.kind).provider;
        for each in spec.options {
            let value = Value::from(settings.is_on(each.option) != each.is_inverted);
            match each.section {
                None => switches.insert(each.name.to_owned(), value),
                Some(section) => switches.insert(section.to_owned(), json!({ each.name: value })),
            };
        }
    }
    switches
}
