//! The precedence of prices.

use chrono::TimeDelta;

use super::*;
use crate::domain::prices::sample::price;

fn day(number: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(number)
}

/// A price that is identified by its source.
fn named(name: &str, pattern: &str) -> price::Model {
    price::Model {
        source: name.to_owned(),
        ..price(pattern)
    }
}

fn from(price: price::Model, number: i64) -> price::Model {
    price::Model {
        effective_from: day(number),
        ..price
    }
}

fn of(price: price::Model, kind: ProviderKind) -> price::Model {
    price::Model {
        provider: kind.to_value(),
        ..price
    }
}

fn found(list: &PriceList, model: &str) -> Option<String> {
    let kind = Some(ProviderKind::Claude);
    list.find(model, kind, day(10))
        .map(|row| row.source.clone())
}

#[test]
fn a_model_without_a_price_has_none() {
    let list = PriceList::new(vec![named("opus", "claude-opus-*"), named("gpt", "gpt-5")]);

    for model in ["", "claude-sonnet", "gpt-5.1", "gpt"] {
        assert_eq!(found(&list, model), None, "{model}");
    }
}

#[test]
fn names_are_compared_in_any_case() {
    let list = PriceList::new(vec![named("opus", "claude-opus-*"), named("gpt", "gpt-5")]);

    assert_eq!(found(&list, "Claude-OPUS-4").as_deref(), Some("opus"));
    assert_eq!(found(&list, "GPT-5").as_deref(), Some("gpt"));
}

#[test]
fn the_most_specific_price_wins() {
    let list = PriceList::new(vec![
        from(named("all", "*"), 9),
        from(named("family", "gpt-5*"), 8),
        from(named("mini", "gpt-5-mini*"), 7),
        named("exact", "gpt-5-mini-2"),
    ]);

    for (model, name) in [
        ("other", "all"),
        ("gpt-5", "family"),
        ("gpt-5-mini", "mini"),
        ("gpt-5-mini-2", "exact"),
        ("gpt-5-mini-21", "mini"),
    ] {
        assert_eq!(found(&list, model).as_deref(), Some(name), "{model}");
    }
}

#[test]
fn an_exact_name_has_precedence_over_a_longer_pattern() {
    let list = PriceList::new(vec![
        of(named("pattern", "gpt-5*"), ProviderKind::Claude),
        named("exact", "gpt-5"),
    ]);

    assert_eq!(found(&list, "gpt-5").as_deref(), Some("exact"));
}

#[test]
fn the_price_of_a_provider_applies_to_its_requests() {
    let list = PriceList::new(vec![
        from(named("any provider", "claude-*"), 9),
        of(named("claude", "claude-*"), ProviderKind::Claude),
        of(named("copilot", "claude-*"), ProviderKind::Copilot),
    ]);
    let at = |kind| {
        list.find("claude-x", kind, day(10))
            .map(|row| row.source.as_str())
    };

    assert_eq!(at(Some(ProviderKind::Claude)), Some("claude"));
    assert_eq!(at(Some(ProviderKind::Copilot)), Some("copilot"));
    assert_eq!(at(Some(ProviderKind::Kimi)), Some("any provider"));
    assert_eq!(at(None), Some("any provider"));
}

#[test]
fn the_latest_effective_price_is_used() {
    let list = PriceList::new(vec![
        from(named("first", "gpt-5"), 1),
        from(named("second", "gpt-5"), 5),
        from(named("third", "gpt-5"), 20),
    ]);
    let at = |number| {
        list.find("gpt-5", None, day(number))
            .map(|row| row.source.as_str())
    };

    assert_eq!(at(0), None);
    assert_eq!(at(1), Some("first"));
    assert_eq!(at(4), Some("first"));
    assert_eq!(at(5), Some("second"));
    assert_eq!(at(20), Some("third"));
}

#[test]
fn a_wider_pattern_is_used_before_a_price_is_effective() {
    let list = PriceList::new(vec![
        named("wide", "gpt-*"),
        from(named("narrow", "gpt-5*"), 20),
    ]);

    assert_eq!(found(&list, "gpt-5").as_deref(), Some("wide"));
}

#[test]
fn an_administrators_price_has_precedence_over_a_later_bundled_one() {
    let list = PriceList::new(vec![
        from(named("ours", "gpt-5*"), 1),
        from(named("bundled 1970-01-09", "gpt-5*"), 8),
    ]);

    assert_eq!(found(&list, "gpt-5").as_deref(), Some("ours"));
    let in_force: Vec<_> = list.in_force(day(10)).map(|row| &row.source).collect();
    assert_eq!(in_force, ["ours"]);
}

#[test]
fn prices_are_filtered_by_text_and_by_whether_they_are_in_force() {
    let list = PriceList::new(vec![
        from(named("old", "gpt-5*"), 1),
        from(named("new", "gpt-5*"), 2),
        from(named("next", "gpt-5*"), 20),
        named("other", "claude-*"),
    ]);
    let select = |model: Option<&str>, in_force| {
        let model = model.map(str::to_owned);
        let places = list.select(&PriceFilter { model, in_force }, day(10));
        let names = places
            .into_iter()
            .map(|place| list.rows()[place].source.as_str());
        names.collect::<Vec<_>>()
    };

    assert_eq!(select(None, None), ["other", "next", "new", "old"]);
    assert_eq!(select(None, Some(true)), ["other", "new"]);
    assert_eq!(select(Some(" GPT "), Some(false)), ["next", "old"]);
    assert_eq!(select(Some("gpt-5-mini"), Some(true)), ["new"]);
    assert_eq!(select(Some("grok"), None), [""; 0]);
}
