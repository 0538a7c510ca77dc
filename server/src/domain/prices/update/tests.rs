//! Added, changed, removed, kept and refused.

use super::*;
use crate::domain::prices::sample::price;

const PUBLISHER: &str = "Acme's list";

fn now() -> DateTime<Utc> {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn table(date: &str, prices: &str) -> PriceTable {
    let text = format!(r#"{{"source":"{PUBLISHER}","date":"{date}","prices":[{prices}]}}"#);
    PriceTable::read(&text).unwrap()
}

fn of(prices: &str, list: Vec<price::Model>) -> Result<PriceUpdate> {
    PriceUpdate::of(&table("2026-11-29", prices), &PriceList::new(list), now())
}

fn stored(pattern: &str, dollars: i64, source: &str) -> price::Model {
    let rate = dollars * 1_000_000_000;
    price::Model {
        input_per_million: rate,
        cache_read_per_million: rate,
        cache_write_per_million: rate,
        output_per_million: rate,
        reasoning_per_million: rate,
        source: source.to_owned(),
        ..price(pattern)
    }
}

fn patterns(prices: &[price::Model]) -> Vec<&str> {
    prices
        .iter()
        .map(|price| price.model_pattern.as_str())
        .collect()
}

#[test]
fn a_list_supersedes_bundled_prices_and_its_own_and_keeps_all_others() {
    let own = format!("{PUBLISHER}, 2026-11-01");
    let list = vec![
        stored("bundled", 1, "bundled 2026-11-22"),
        stored("own", 1, &own),
        stored("same", 1, &own),
        stored("gone", 1, &own),
        stored("contract", 1, "an administrator"),
    ];
    let prices = ["bundled", "own", "contract", "new"]
        .map(|model| format!(r#"{{"model":"{model}","input":2,"output":2}}"#))
        .join(",");
    let prices = format!(r#"{prices},{{"model":"same","input":1,"output":1}}"#);

    let update = of(&prices, list).unwrap();

    let changed: Vec<_> = update
        .changes
        .iter()
        .map(|change| (change.after.model_pattern.as_str(), change.before.is_some()))
        .collect();
    assert_eq!(changed, [("bundled", true), ("new", false), ("own", true)]);
    assert_eq!(patterns(&update.removed), ["gone"]);
    assert_eq!(patterns(&update.kept), ["contract"]);
    assert_eq!(update.unchanged, 1);
    assert_eq!(update.changes[0].after.effective_from, now());
}

#[test]
fn of_several_dates_the_latest_that_has_begun_and_all_later_ones_apply() {
    let prices = [("2026-01-01", 1), ("2026-06-01", 2), ("2027-01-01", 3)]
        .map(|(date, rate)| {
            format!(r#"{{"model":"m","effectiveFrom":"{date}","input":{rate},"output":{rate}}}"#)
        })
        .join(",");

    let update = of(&prices, Vec::new()).unwrap();

    let rates: Vec<_> = update
        .changes
        .iter()
        .map(|change| change.after.input_per_million / 1_000_000_000)
        .collect();
    assert_eq!(rates, [2, 3]);
    assert_eq!(update.changes[0].after.effective_from, now());
    assert!(update.changes[1].after.effective_from > now());
}

#[test]
fn the_digest_is_the_same_later_and_another_one_for_another_difference() {
    let one = r#"{"model":"m","input":1,"output":1}"#;
    let digest = |prices: &str, list: Vec<price::Model>, minutes: i64| {
        let now = now() + TimeDelta::minutes(minutes);
        let table = table("2026-11-29", prices);
        PriceUpdate::of(&table, &PriceList::new(list), now)
            .unwrap()
            .digest
    };

    let first = digest(one, Vec::new(), 0);
    assert_eq!(digest(one, Vec::new(), 5), first);
    let dearer = r#"{"model":"m","input":2,"output":1}"#;
    assert_ne!(digest(dearer, Vec::new(), 0), first);
    assert_ne!(
        digest(one, vec![stored("m", 3, "bundled 2026-11-22")], 0),
        first
    );
}

#[test]
fn invalid_lists_are_refused_with_the_entry_and_the_reason() {
    let error = |prices: &str| of(prices, Vec::new()).unwrap_err().to_string();

    let contradiction = r#"{"model":"m","input":1,"output":1},{"model":"M","input":2,"output":1}"#;
    assert!(error(contradiction).contains("price 2 (M)"));
    let repeated = r#"{"model":"m","input":1,"output":1},{"model":"m","input":1,"output":1}"#;
    assert_eq!(of(repeated, Vec::new()).unwrap().changes.len(), 1);
    assert!(error(r#"{"model":"m","input":9000000,"output":1}"#).contains("price 1 (m)"));

    let newer = vec![stored("m", 1, &format!("{PUBLISHER}, 2026-11-30"))];
    let older = of(r#"{"model":"m","input":1,"output":1}"#, newer).unwrap_err();
    assert!(
        older.to_string().contains("older than stored prices"),
        "{older}"
    );
    let bundled = vec![stored("m", 1, "bundled 2026-11-30")];
    assert!(of("", bundled).is_err());
    let future = PriceUpdate::of(&table("2027-01-01", ""), &PriceList::default(), now());
    assert!(future.unwrap_err().to_string().contains("in the future"));
}
