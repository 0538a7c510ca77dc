//! The cost of a request follows from what its answer reports: lifetimes of cache writes, the size of the prompt and the
//! service tier.

use entity::price::{LongPromptRule, ServiceTier};
use proxypal_server::domain::{
    prices::{Conditions, NewLongPromptRates, NewPrice, NewServiceTierRates, PartialRates, Rates},
    usd,
};
use serde_json::json;

use super::{Delivery, Managed, Protocol};
use crate::support::test_context;

/// A price in thousandths of a dollar per million tokens.
fn price(protocol: Protocol, input: i64, output: i64) -> NewPrice {
    NewPrice {
        model_pattern: protocol.model().to_owned(),
        provider: None,
        effective_from: None,
        rates: Rates {
            input: mills(input),
            output: mills(output),
            ..Rates::default()
        },
        conditions: Conditions::default(),
        source: None,
    }
}

fn mills(amount: i64) -> i64 {
    amount * usd::DOLLAR / 1000
}

fn long(above: i64, input: i64, cache_read: i64, output: Option<i64>) -> NewLongPromptRates {
    NewLongPromptRates {
        above,
        rates: PartialRates {
            input: Some(mills(input)),
            cache_read: Some(mills(cache_read)),
            output: output.map(mills),
            ..PartialRates::default()
        },
    }
}

fn multiplied(tier: ServiceTier, thousandths: i64) -> NewServiceTierRates {
    NewServiceTierRates {
        tier,
        multiplier: Some(mills(thousandths)),
        rates: PartialRates::default(),
        long_prompts: Vec::new(),
    }
}

fn claude() -> NewPrice {
    let mut claude = price(Protocol::Messages, 3_000, 15_000);
    claude.rates.cache_read = Some(mills(300));
    claude.rates.cache_write = Some(mills(3_750));
    claude.rates.cache_write_1h = Some(mills(6_000));
    claude.conditions.long_prompts = vec![long(200_000, 6_000, 600, Some(22_500))];
    claude.conditions.service_tiers = vec![multiplied(ServiceTier::Fast, 6_000)];
    claude
}

fn codex() -> NewPrice {
    let mut codex = price(Protocol::Responses, 2_500, 15_000);
    codex.rates.cache_read = Some(mills(250));
    codex.conditions.long_prompts = vec![long(272_000, 5_000, 500, Some(22_500))];
    codex.conditions.service_tiers = vec![NewServiceTierRates {
        tier: ServiceTier::Priority,
        multiplier: None,
        rates: PartialRates {
            input: Some(mills(5_000)),
            cache_read: Some(mills(500)),
            output: Some(mills(30_000)),
            ..PartialRates::default()
        },
        long_prompts: Vec::new(),
    }];
    codex
}

fn chat() -> NewPrice {
    let mut chat = price(Protocol::Chat, 1_000, 2_000);
    chat.conditions.long_prompt_rule = LongPromptRule::PartAbove;
    chat.conditions.long_prompts = vec![long(1_000, 3_000, 1_000, None)];
    chat
}

fn gemini() -> NewPrice {
    let mut gemini = price(Protocol::Gemini, 1_250, 10_000);
    gemini.conditions.long_prompts = vec![long(200_000, 2_500, 2_500, Some(15_000))];
    gemini.conditions.service_tiers = vec![multiplied(ServiceTier::Priority, 1_800)];
    gemini
}

struct Case {
    protocol: Protocol,
    delivery: Delivery,
    /// The member of the request that selects a tier, and its value.
    requested: Option<(&'static str, &'static str)>,
    /// The usage that the provider reports.
    usage: &'static str,
    served: Option<&'static str>,
    /// Nano-USD, calculated by hand.
    cost: i64,
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    use Delivery::{Streamed, Whole};
    use Protocol::{Chat, Gemini, Messages, Responses};
    let case = |protocol, delivery, requested, usage, served, cost| Case {
        protocol,
        delivery,
        requested,
        usage,
        served,
        cost,
    };
    let lifetimes = "input=12,cached=100,cache_write=50,cache_write_1h=20,output=7";
    let priority = Some(("service_tier", "priority"));
    vec![
        // 12 × 3 + 100 × 0.3 + 30 × 3.75 + 20 × 6 + 7 × 15
        case(Messages, Whole, None, lifetimes, None, 403_500),
        case(Messages, Streamed, None, lifetimes, None, 403_500),
        // A prompt of 200,000 tokens is not long.
        case(
            Messages,
            Whole,
            None,
            "input=150000,cached=50000,output=10",
            None,
            465_150_000,
        ),
        // 150000 × 6 + 50001 × 0.6 + 10 × 22.5
        case(
            Messages,
            Streamed,
            None,
            "input=150000,cached=50001,output=10",
            None,
            930_225_600,
        ),
        case(
            Messages,
            Whole,
            Some(("speed", "fast")),
            "input=1000,output=100,tier=fast",
            Some("fast"),
            27_000_000,
        ),
        // The price has no rates for batches.
        case(
            Messages,
            Whole,
            None,
            "input=10,output=5,tier=batch",
            Some("batch"),
            105_000,
        ),
        case(
            Responses,
            Streamed,
            priority,
            "input=1000,cached=200,output=50,reasoning=10,tier=priority",
            Some("priority"),
            6_900_000,
        ),
        // The provider had no capacity.
        case(
            Responses,
            Streamed,
            priority,
            "input=1000,cached=200,output=50,reasoning=10,tier=default",
            Some("default"),
            3_450_000,
        ),
        // The provider does not report the tier.
        case(
            Responses,
            Streamed,
            priority,
            "input=1000,output=10",
            None,
            5_300_000,
        ),
        case(
            Responses,
            Streamed,
            None,
            "input=272001,output=1",
            None,
            1_360_027_500,
        ),
        // 1000 tokens of the prompt at $1, the other 500 at $3.
        case(
            Chat,
            Whole,
            None,
            "input=800,cached=700,output=10",
            None,
            2_520_000,
        ),
        // An unknown tier is recorded and has the standard price.
        case(
            Chat,
            Streamed,
            Some(("service_tier", "flex")),
            "input=10,output=5,tier=scale",
            Some("scale"),
            20_000,
        ),
        case(
            Gemini,
            Streamed,
            Some(("serviceTier", "priority")),
            "input=100,output=10,tier=priority",
            Some("ON_DEMAND_PRIORITY"),
            405_000,
        ),
        case(
            Gemini,
            Whole,
            None,
            "input=200001,output=1",
            None,
            500_017_500,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_costs_what_its_cache_lifetimes_prompt_size_and_service_tier_cost() {
    let mut managed = Managed::start().await;
    for price in [claude(), codex(), chat(), gemini()] {
        let prices = &managed.app.services.prices;
        prices.create(test_context(), &price).await.unwrap();
    }

    for case in cases() {
        let name = format!("{:?} {}", case.protocol, case.usage);
        let mut body = case
            .protocol
            .body(case.delivery, &format!("usage:{}", case.usage));
        if let Some((member, value)) = case.requested {
            body[member] = json!(value);
        }
        let path = managed.app.url(case.protocol.path(case.delivery));
        let request = managed.app.http.post(path).bearer_auth(&managed.key);
        let answer = request.json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
        answer.bytes().await.unwrap();

        let record = managed.next_record().await;

        let requested = case.requested.map(|(_, value)| value);
        assert_eq!(
            record.requested_service_tier.as_deref(),
            requested,
            "{name}"
        );
        assert_eq!(record.service_tier.as_deref(), case.served, "{name}");
        assert_eq!(record.cost, Some(case.cost), "{name}");
    }
}
