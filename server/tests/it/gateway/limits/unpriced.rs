//! A quota of costs and models without a price: refused, counted at an assumed price, or ignored.

use entity::{
    price,
    quota::{FreeModelPolicy, Metric, UnpricedPolicy},
    request,
};
use futures_util::future::join_all;
use proxypal_server::domain::{
    prices::{Conditions, NewPrice, Rates},
    usage::{Preset, Sums, UsageFilter},
    usd,
    users::quotas::NewQuota,
};
use sea_orm::{Database, EntityTrait as _};
use serde_json::{Value, json};

use super::{CHAT, GEMINI, MESSAGES, User, passed, quota, small, used_up};
use crate::support::{Caller, eventually, test_context};

/// Dollars per million tokens of the dearest model: a token of input costs 0.001, one of output 0.002.
const DEAREST: [i64; 2] = [1000, 2000];

fn budget(dollars: i64, unpriced: UnpricedPolicy) -> NewQuota {
    NewQuota {
        unpriced,
        ..quota(Metric::Cost, dollars * usd::DOLLAR)
    }
}

/// A user of a server with a dearest model, a cheaper one that is called `cheap`, and one that costs nothing.
async fn user() -> User {
    let user = User::new().await;
    set_price(&user, "dearest", DEAREST).await;
    set_price(&user, "cheap", [1, 1]).await;
    set_price(&user, "local", [0, 0]).await;
    user
}

async fn set_price(user: &User, model: &str, [input, output]: [i64; 2]) -> price::Model {
    let price = NewPrice {
        model_pattern: model.to_owned(),
        provider: None,
        effective_from: None,
        rates: Rates {
            input: input * usd::DOLLAR,
            output: output * usd::DOLLAR,
            ..Rates::default()
        },
        conditions: Conditions::default(),
        source: None,
    };
    let prices = &user.app.services.prices;
    prices.create(test_context(), &price).await.unwrap()
}

/// Cost, basis and applied price of the latest request, as its user reads them.
async fn latest(user: &User) -> Value {
    let caller = Caller::new(user.app.address).with_bearer(&user.key);
    let query = "{ viewer { ... on KeyHolder { requests(first: 1) { nodes {
        cost costBasis unpriced price { modelPattern } } } } } }";
    let mut answer = caller.ask(query).await;
    answer["data"]["viewer"]["requests"]["nodes"][0].take()
}

async fn sums(user: &User) -> Sums {
    let usage = &user.app.services.usage;
    let today = usage.span(Preset::Today, chrono_tz::UTC).await.unwrap();
    usage.totals(today, &UsageFilter::default()).await.unwrap()
}

async fn rows(user: &User) -> Vec<request::Model> {
    let database = Database::connect(&user.app.database.url).await.unwrap();
    let rows = request::Entity::find().all(&database).await.unwrap();
    database.close().await.unwrap();
    rows
}

#[tokio::test]
async fn an_assumed_price_is_the_dearest_one_and_exhausts_the_budget() {
    let mut user = user().await;
    user.limit(&[budget(1, UnpricedPolicy::Assume)]).await;

    user.spend("m", [100, 200]).await;

    let half = usd::DOLLAR / 2;
    assert_eq!(user.standing().used, half);
    assert_eq!(
        latest(&user).await,
        json!({
            "cost": "0.5", "costBasis": "ASSUMED", "unpriced": true,
            "price": { "modelPattern": "dearest" },
        })
    );
    user.spend("cheap", [1000, 1000]).await;
    assert_eq!(user.standing().used, half + usd::DOLLAR / 500);
    assert_eq!(latest(&user).await["costBasis"], "PRICED");
    user.spend("m", [100, 200]).await;
    assert_eq!(user.outcome(small()).await, used_up());
    let sums = sums(&user).await;
    assert_eq!((sums.unpriced, sums.assumed), (2, 2));
    assert_eq!(sums.cost, user.standing().used);
}

#[tokio::test]
async fn a_lenient_budget_serves_models_without_a_price_and_counts_nothing() {
    let mut user = user().await;
    user.limit(&[budget(1, UnpricedPolicy::Allow)]).await;

    for _ in 0..3 {
        user.spend("m", [1000, 2000]).await;
    }

    assert_eq!(user.standing().used, 0);
    assert_eq!(
        latest(&user).await,
        json!({ "cost": null, "costBasis": "UNPRICED", "unpriced": true, "price": null })
    );
    let sums = sums(&user).await;
    assert_eq!((sums.unpriced, sums.assumed, sums.cost), (3, 0, 0));
}

#[tokio::test]
async fn a_refusing_budget_names_model_quota_and_remedy_in_each_dialect() {
    let mut user = user().await;
    user.limit(&[budget(1, UnpricedPolicy::Refuse)]).await;
    let cases = [
        (CHAT, "type", json!("permission_error")),
        (MESSAGES, "type", json!("permission_error")),
        (GEMINI, "status", json!("PERMISSION_DENIED")),
    ];

    for (path, field, kind) in cases {
        let answer = user.send(path, &user.key, small()).await;
        assert_eq!(answer.status(), 403, "{path}");
        assert_eq!(answer.headers()["x-proxypal-error"], "proxypal_unpriced");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"][field], kind, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        for part in [
            "\"m\"",
            "1 USD a month (UTC) for this user",
            "set the price",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }
    user.spend("cheap", [1000, 1000]).await;
    user.spend("local", [1000, 1000]).await;
    assert_eq!(user.standing().used, usd::DOLLAR / 500);
    set_price(&user, "m", [1, 1]).await;
    user.spend("m", [1000, 1000]).await;
}

#[tokio::test]
async fn a_free_model_is_usable_when_the_money_is_spent_unless_the_quota_refuses_it() {
    let mut user = user().await;
    let free = json!({ "model": "local", "use": [9000, 9000] });
    user.limit(&[budget(1, UnpricedPolicy::Assume)]).await;
    user.spend("dearest", [1000, 0]).await;

    assert_eq!(user.outcome(small()).await, used_up());
    user.spend("local", [9000, 9000]).await;
    assert_eq!(latest(&user).await["costBasis"], "FREE");
    assert_eq!(user.standing().used, usd::DOLLAR);
    assert_eq!(user.standing().reserved, 0);

    let refusing = NewQuota {
        free_models: FreeModelPolicy::Refuse,
        ..budget(1, UnpricedPolicy::Assume)
    };
    user.limit(&[refusing]).await;
    assert_eq!(user.outcome(free).await, used_up());
}

#[tokio::test]
async fn fifty_concurrent_requests_without_a_price_exceed_the_budget_by_one_request_at_most() {
    let mut user = user().await;
    user.limit(&[budget(1, UnpricedPolicy::Assume)]).await;
    let one_request = usd::DOLLAR / 1000 + usd::DOLLAR / 10;
    let body = || json!({ "model": "m", "use": [1, 50], "max_tokens": 50 });

    let outcomes = join_all((0..50).map(|_| user.outcome(body()))).await;

    let passes = outcomes.iter().filter(|outcome| **outcome == passed());
    let passes = passes.count();
    assert!((1..=10).contains(&passes), "{passes}");
    for _ in 0..passes {
        user.settled().await;
    }
    assert!(user.standing().used <= usd::DOLLAR + one_request);
    assert_eq!(user.standing().reserved, 0);
}

#[tokio::test]
async fn a_price_that_arrives_corrects_rows_sums_and_the_quota_once() {
    let mut user = user().await;
    user.limit(&[budget(1_000_000, UnpricedPolicy::Assume)])
        .await;
    // More than one transaction corrects.
    let answers = (0..450).map(|_| user.outcome(json!({ "model": "m", "use": [100, 200] })));
    for outcome in join_all(answers).await {
        assert_eq!(outcome, passed());
    }
    for _ in 0..450 {
        user.settled().await;
    }
    assert_eq!(user.standing().used, 225 * usd::DOLLAR);

    let price = set_price(&user, "m", [1, 1]).await;

    let exact = 300 * usd::DOLLAR / 1_000_000;
    eventually("the correction", async || {
        (user.standing().used == 450 * exact).then_some(())
    })
    .await;
    for row in rows(&user).await {
        assert_eq!((row.price_id, row.cost), (Some(price.id), Some(exact)));
        assert!(!row.cost_assumed);
    }
    let sums = sums(&user).await;
    assert_eq!(
        (sums.cost, sums.unpriced, sums.assumed),
        (450 * exact, 0, 0)
    );
    assert_eq!(latest(&user).await["costBasis"], "PRICED");

    // The frozen cost stays, whatever price comes next.
    set_price(&user, "m*", [5, 5]).await;
    user.spend("m", [100, 200]).await;
    assert_eq!(user.standing().used, 451 * exact);
    let events = user.app.database.audit_events().await.into_iter();
    let of_prices = events.filter(|event| event.subject_kind.as_deref() == Some("price"));
    assert_eq!(of_prices.count(), 5);
}

#[tokio::test]
async fn usage_before_a_reset_is_corrected_without_changing_the_quota() {
    let mut user = user().await;
    user.limit(&[budget(1, UnpricedPolicy::Assume)]).await;
    user.spend("m", [100, 200]).await;
    let quotas = &user.app.services.quotas;
    quotas.reset_usage(test_context(), user.id).await.unwrap();

    set_price(&user, "m", [1, 1]).await;

    let exact = 300 * usd::DOLLAR / 1_000_000;
    eventually("the correction", async || {
        (sums(&user).await.cost == exact).then_some(())
    })
    .await;
    assert_eq!(user.standing().used, 0);
}

#[tokio::test]
async fn the_least_lenient_quota_that_counts_a_request_decides() {
    let mut user = user().await;
    let of_other_models = NewQuota {
        model_pattern: Some("claude-*".to_owned()),
        ..budget(1, UnpricedPolicy::Refuse)
    };
    let lenient = budget(1, UnpricedPolicy::Allow);
    user.limit(&[of_other_models.clone(), lenient.clone()])
        .await;
    user.spend("m", [100, 200]).await;
    assert_eq!(latest(&user).await["costBasis"], "UNPRICED");

    let of_the_model = NewQuota {
        model_pattern: Some("m".to_owned()),
        ..of_other_models
    };
    user.limit(&[of_the_model, lenient]).await;

    let refused = (403, "proxypal_unpriced".to_owned());
    assert_eq!(user.outcome(small()).await, refused);
}
