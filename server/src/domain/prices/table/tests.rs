//! Parsing of price tables.

use chrono::TimeZone as _;
use serde_json::{Value, json};

use super::*;

fn read(price: &Value) -> Result<NewPrice> {
    let table = json!({ "source": "a list", "date": "2027-01-02", "prices": [price] });
    PriceTable::read(&table.to_string()).map(|mut table| table.prices.remove(0))
}

fn refusal(price: &Value) -> String {
    read(price).unwrap_err().to_string()
}

#[test]
fn an_entry_is_parsed_exactly() {
    let price = read(&json!({
        "model": "claude-*", "provider": "CLAUDE", "effectiveFrom": "2027-03-04",
        "input": "3", "cacheRead": 0.3, "cacheWrite": "3.75", "output": 15, "reasoning": null,
        "perRequest": "0.000000001", "perImage": "0.04", "perVideoSecond": 0.07
    }));

    let expected = NewPrice {
        model_pattern: "claude-*".to_owned(),
        provider: Some(ProviderKind::Claude),
        effective_from: Utc.with_ymd_and_hms(2027, 3, 4, 0, 0, 0).single(),
        rates: Rates {
            input: 3_000_000_000,
            cache_read: Some(300_000_000),
            cache_write: Some(3_750_000_000),
            cache_write_1h: None,
            output: 15_000_000_000,
            reasoning: None,
            per_request: Some(1),
            per_image: Some(40_000_000),
            per_video_second: Some(70_000_000),
        },
        conditions: Conditions::default(),
        source: None,
    };
    assert_eq!(price.unwrap(), expected);
}

#[test]
fn amounts_are_not_rounded_as_floats() {
    let text = r#"{ "source": "a list", "date": "2027-01-02",
        "prices": [{ "model": "m", "input": 999999.999999999, "output": 0.1 }] }"#;

    let table = PriceTable::read(text).unwrap();

    assert_eq!(table.prices[0].rates.input, 999_999_999_999_999);
    assert_eq!(table.prices[0].rates.output, 100_000_000);
}

#[test]
fn errors_name_the_entry_and_the_remedy() {
    let wrong = |field: &str, value: Value| {
        let mut price = json!({ "model": "gpt-5*", "input": "1", "output": "2" });
        price[field] = value;
        refusal(&price)
    };

    for (field, value, said) in [
        ("input", json!("-1"), "input must not be negative"),
        ("input", json!(-1), "input must not be negative"),
        ("output", json!("NaN"), "output is NaN, but write an amount"),
        (
            "output",
            json!(1e300),
            "output is 1e+300, but write an amount",
        ),
        ("cacheRead", json!("0.0000000001"), "at most 9 decimals"),
        ("perRequest", json!(true), "perRequest is true, but write"),
        ("provider", json!("acme"), "use one of CLAUDE, CHATGPT"),
        ("effectiveFrom", json!("soon"), "2030-12-31"),
        ("model", json!(" "), "model must not be empty"),
    ] {
        let message = wrong(field, value.clone());
        assert!(message.starts_with("price 1 ("), "{message}");
        assert!(message.contains(said), "{field} {value}: {message}");
    }
    let unknown = wrong("outptu", json!("1"));
    assert!(
        unknown.starts_with("price 1: unknown field `outptu`"),
        "{unknown}"
    );
    let missing = refusal(&json!({ "model": "m", "input": 1 }));
    assert!(missing.contains("missing field `output`"), "{missing}");
}

#[test]
fn a_table_requires_a_source_and_a_date() {
    for text in [
        "",
        "[]",
        r#"{ "date": "2027-01-02", "prices": [] }"#,
        r#"{ "source": "s", "prices": [] }"#,
        r#"{ "source": "s", "date": "2027-13-02", "prices": [] }"#,
        r#"{ "source": " ", "date": "2027-01-02", "prices": [] }"#,
        r#"{ "source": "s", "date": "2027-01-02", "prices": [{ "model": "m", "input": NaN, "output": 1 }] }"#,
    ] {
        assert!(PriceTable::read(text).is_err(), "{text}");
    }
}
