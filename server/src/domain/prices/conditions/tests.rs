//! Validation of long prompts and service tiers.

use super::*;

const STANDARD: PartialRates = PartialRates {
    input: Some(2_000),
    cache_read: Some(200),
    cache_write: None,
    cache_write_1h: None,
    output: Some(10_000),
    reasoning: None,
};

fn long(above: i64, input: i64, output: Option<i64>) -> NewLongPromptRates {
    NewLongPromptRates {
        above,
        rates: PartialRates {
            input: Some(input),
            output,
            ..PartialRates::default()
        },
    }
}

fn tier(tier: ServiceTier) -> NewServiceTierRates {
    NewServiceTierRates {
        tier,
        multiplier: None,
        rates: PartialRates::default(),
        long_prompts: Vec::new(),
    }
}

fn refusal(conditions: &Conditions) -> String {
    conditions.check(STANDARD).unwrap_err().to_string()
}

#[test]
fn a_flat_price_has_no_conditions() {
    assert_eq!(Conditions::default().check(STANDARD).unwrap(), None);
}

#[test]
fn omitted_long_prompt_rates_are_those_below() {
    let conditions = Conditions {
        long_prompts: vec![long(300, 6_000, None), long(200, 4_000, Some(15_000))],
        ..Conditions::default()
    };

    let checked = conditions.check(STANDARD).unwrap().unwrap();

    let rates = checked.long_prompts.iter().map(|long| {
        let rates = long.rates;
        let cached = [rates.cache_read, rates.cache_write, rates.cache_write_1h];
        (
            long.above,
            rates.input,
            cached,
            rates.output,
            rates.reasoning,
        )
    });
    let expected = [
        (200, 4_000, [200, 4_000, 4_000], 15_000, 15_000),
        (300, 6_000, [200, 6_000, 6_000], 15_000, 15_000),
    ];
    assert_eq!(rates.collect::<Vec<_>>(), expected);
}

#[test]
fn a_multiplier_applies_to_long_prompts_too() {
    let half = NewServiceTierRates {
        multiplier: Some(usd::DOLLAR / 2),
        ..tier(ServiceTier::Batch)
    };
    let conditions = Conditions {
        long_prompts: vec![long(200, 4_001, Some(15_000))],
        service_tiers: vec![half],
        ..Conditions::default()
    };

    let checked = conditions.check(STANDARD).unwrap().unwrap();

    let batch = &checked.service_tiers[0];
    assert_eq!((batch.rates.input, batch.rates.cache_read), (1_000, 100));
    // Rounded half up.
    assert_eq!(batch.long_prompts[0].rates.input, 2_001);
    assert_eq!(batch.long_prompts[0].rates.output, 7_500);
}

#[test]
fn rates_of_a_tier_that_are_omitted_are_the_standard_ones() {
    let priority = NewServiceTierRates {
        rates: PartialRates {
            output: Some(20_000),
            ..PartialRates::default()
        },
        ..tier(ServiceTier::Priority)
    };
    let conditions = Conditions {
        service_tiers: vec![priority],
        ..Conditions::default()
    };

    let checked = conditions.check(STANDARD).unwrap().unwrap();

    let rates = checked.service_tiers[0].rates;
    assert_eq!(
        (rates.input, rates.output, rates.reasoning),
        (2_000, 20_000, 20_000)
    );
}

#[test]
fn contradictory_long_prompts_are_refused() {
    let with = |long_prompts: Vec<NewLongPromptRates>| Conditions {
        long_prompts,
        ..Conditions::default()
    };
    let twice = vec![long(200, 4_000, None), long(200, 5_000, None)];
    let lower = vec![long(200, 1_999, None)];
    let many = (1..=7).map(|above| long(above, 4_000, None)).collect();
    for (conditions, said) in [
        (with(twice), "above 200 tokens must be listed once"),
        (
            with(lower),
            "input above 200 tokens must not be lower than below",
        ),
        (
            with(vec![long(0, 4_000, None)]),
            "above must be between 1 and",
        ),
        (
            with(vec![long(200, -1, None)]),
            "input must be between 0 and",
        ),
        (with(many), "at most 6 long-prompt rates"),
        (
            Conditions {
                long_prompt_rule: LongPromptRule::PartAbove,
                ..with(vec![long(200, 4_000, Some(15_000))])
            },
            "PART_ABOVE",
        ),
    ] {
        let message = refusal(&conditions);
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn contradictory_service_tiers_are_refused() {
    let with = |service_tiers: Vec<NewServiceTierRates>| Conditions {
        service_tiers,
        ..Conditions::default()
    };
    let multiplied = |multiplier| NewServiceTierRates {
        multiplier: Some(multiplier),
        ..tier(ServiceTier::Flex)
    };
    let both = NewServiceTierRates {
        rates: STANDARD,
        ..multiplied(1)
    };
    for (conditions, said) in [
        (
            with(vec![tier(ServiceTier::Standard)]),
            "those of the price itself",
        ),
        (
            with(vec![tier(ServiceTier::Flex), tier(ServiceTier::Flex)]),
            "listed once",
        ),
        (with(vec![both]), "either a multiplier or rates"),
        (
            with(vec![multiplied(-1)]),
            "multiplier must be between 0 and 100",
        ),
        (
            with(vec![multiplied(101 * usd::DOLLAR)]),
            "multiplier must be between 0 and 100",
        ),
    ] {
        let message = refusal(&conditions);
        assert!(message.contains(said), "{message}");
    }
}
