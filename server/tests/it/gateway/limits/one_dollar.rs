//! A budget of one dollar, spent by every kind of price: each request costs its price, to the nano-dollar, and none passes once
//! the dollar is spent.

use axum::{Json, Router, http::Uri, routing::post};
use entity::{
    price::ServiceTier,
    quota::{Metric, UnpricedPolicy},
};
use proxypal_server::domain::{
    prices::{Conditions, NewLongPromptRates, NewPrice, NewServiceTierRates, PartialRates, Rates},
    usd::DOLLAR,
    users::quotas::NewQuota,
};
use serde_json::{Value, json};

use super::{MESSAGES, User, passed, quota, used_up};
use crate::support::{Script, test_context};

const IMAGES: &str = "/v1/images/generations";
const VIDEOS: &str = "/v1/videos/generations";
const MICRO: i64 = DOLLAR / 1_000_000;

/// An engine whose answers report the `"usage"` in the request, and as many images as `"n"`.
fn engine() -> Script {
    let answer = async |uri: Uri, Json(asked): Json<Value>| {
        Json(match uri.path() {
            IMAGES => {
                let images = asked["n"].as_u64().unwrap_or(1);
                json!({ "created": 1, "data": vec![json!({ "url": "u" }); usize::try_from(images).unwrap()] })
            }
            VIDEOS => json!({ "request_id": "v" }),
            _ => json!({ "type": "message", "model": asked["model"], "usage": asked["usage"] }),
        })
    };
    Router::new().fallback(post(answer))
}

/// $3 and $15 per million tokens, cache writes for an hour $6, prompts over 20,000 tokens twice the price of input, the fast
/// mode six times; $0.06 per image, $0.05 per second of video. The dearest model has $1000 and $2000.
async fn set_prices(user: &User) {
    let flat = |model: &str, rates| NewPrice {
        model_pattern: model.to_owned(),
        provider: None,
        effective_from: None,
        rates,
        conditions: Conditions::default(),
        source: None,
    };
    let mut opus = flat(
        "opus",
        Rates {
            input: 3 * DOLLAR,
            cache_write: Some(4 * DOLLAR),
            cache_write_1h: Some(6 * DOLLAR),
            output: 15 * DOLLAR,
            ..Rates::default()
        },
    );
    opus.conditions.long_prompts = vec![NewLongPromptRates {
        above: 20_000,
        rates: PartialRates {
            input: Some(6 * DOLLAR),
            ..PartialRates::default()
        },
    }];
    opus.conditions.service_tiers = vec![NewServiceTierRates {
        tier: ServiceTier::Fast,
        multiplier: Some(6 * DOLLAR),
        rates: PartialRates::default(),
        long_prompts: Vec::new(),
    }];
    let picture = Rates {
        per_image: Some(60_000 * MICRO),
        ..Rates::default()
    };
    let dearest = Rates {
        input: 1000 * DOLLAR,
        output: 2000 * DOLLAR,
        ..Rates::default()
    };
    let film = Rates {
        per_video_second: Some(50_000 * MICRO),
        ..Rates::default()
    };
    let others = [
        flat("local", Rates::default()),
        flat("picture", picture),
        flat("film", film),
        flat("dearest", dearest),
    ];
    for price in others.into_iter().chain([opus]) {
        let prices = &user.app.services.prices;
        prices.create(test_context(), &price).await.unwrap();
    }
}

impl User {
    async fn post(&self, path: &str, body: Value) -> (u16, String) {
        let answer = self.send(path, &self.key, body).await;
        let status = answer.status().as_u16();
        let code = answer.headers().get("x-proxypal-error");
        let code = code.map_or("", |code| code.to_str().unwrap());
        (status, code.to_owned())
    }

    /// Sends a request that passes, and returns what it costs the budget.
    async fn cost(&mut self, path: &str, body: Value) -> i64 {
        let before = self.standing().used;
        assert_eq!(self.post(path, body).await, passed());
        self.settled().await;
        self.standing().used - before
    }
}

fn message(usage: &Value) -> Value {
    json!({ "model": "opus", "max_tokens": 1000, "messages": [], "usage": usage })
}

fn dollar(unpriced: UnpricedPolicy) -> NewQuota {
    NewQuota {
        unpriced,
        ..quota(Metric::Cost, DOLLAR)
    }
}

#[expect(clippy::too_many_lines, reason = "the steps of one behaviour")]
#[tokio::test]
async fn a_dollar_pays_for_each_kind_of_price_and_for_nothing_beyond() {
    let mut user = User::before(engine()).await;
    set_prices(&user).await;
    user.limit(&[dollar(UnpricedPolicy::Assume)]).await;
    let fast = json!({ "input_tokens": 1000, "output_tokens": 10, "speed": "fast" });
    let mut in_fast_mode = message(&fast);
    in_fast_mode["speed"] = json!("fast");
    let hour = json!({ "input_tokens": 10, "output_tokens": 10, "cache_creation_input_tokens": 3000,
        "cache_creation": { "ephemeral_5m_input_tokens": 1000, "ephemeral_1h_input_tokens": 2000 } });

    for (path, body, micros) in [
        // 1000 × 3 + 100 × 15
        (
            MESSAGES,
            message(&json!({ "input_tokens": 1000, "output_tokens": 100 })),
            4_500,
        ),
        // 10 × 3 + 1000 × 4 + 2000 × 6 + 10 × 15
        (MESSAGES, message(&hour), 16_180),
        // A prompt of 20,000 tokens is not long, one of 20,001 is.
        (
            MESSAGES,
            message(&json!({ "input_tokens": 20_000, "output_tokens": 1 })),
            60_015,
        ),
        (
            MESSAGES,
            message(&json!({ "input_tokens": 20_001, "output_tokens": 1 })),
            120_021,
        ),
        // (1000 × 3 + 10 × 15) × 6
        (MESSAGES, in_fast_mode, 18_900),
        (
            IMAGES,
            json!({ "model": "picture", "prompt": "a cat", "n": 3 }),
            180_000,
        ),
        (
            VIDEOS,
            json!({ "model": "film", "prompt": "a cat", "duration": 4 }),
            200_000,
        ),
    ] {
        let cost = user.cost(path, body.clone()).await;
        assert_eq!(cost, micros * MICRO, "{body}");
    }
    let spent = 599_616 * MICRO;
    assert_eq!(user.standing().used, spent);
    let free = json!({ "model": "local", "max_tokens": 9, "messages": [], "usage": { "input_tokens": 9, "output_tokens": 9 } });
    assert_eq!(user.cost(MESSAGES, free.clone()).await, 0);

    // A model without a price counts at the dearest one. The request that spends the last of the budget passes.
    let unpriced = json!({ "model": "m", "max_tokens": 100, "messages": [],
        "usage": { "input_tokens": 100, "output_tokens": 150 } });
    let assumed = user.cost(MESSAGES, unpriced.clone()).await;
    assert_eq!(assumed, 400_000 * MICRO);
    let last = message(&json!({ "input_tokens": 1000, "output_tokens": 100 }));
    user.cost(MESSAGES, last.clone()).await;
    assert!(user.standing().used > DOLLAR);
    for body in [last, unpriced.clone()] {
        assert_eq!(user.post(MESSAGES, body).await, used_up());
    }
    assert_eq!(user.cost(MESSAGES, free.clone()).await, 0);

    // A budget that refuses unpriced models names the reason and still serves free ones.
    user.limit(&[dollar(UnpricedPolicy::Refuse)]).await;
    let quotas = &user.app.services.quotas;
    quotas.reset_usage(test_context(), user.id).await.unwrap();
    let refused = (403, "proxypal_unpriced".to_owned());
    assert_eq!(user.post(MESSAGES, unpriced).await, refused);
    assert_eq!(user.cost(MESSAGES, free).await, 0);
}
