//! The bundled price table is valid and is stored once.

use std::collections::HashSet;

use super::*;
use crate::domain::prices::sample::price;

fn table_of(date: &str, dollars: u32) -> PriceTable {
    let text = format!(
        r#"{{ "source": "a list", "date": "{date}", "prices": [
            {{ "model": "same", "input": 1, "output": 2 }},
            {{ "model": "moved", "input": {dollars}, "output": 2 }} ] }}"#
    );
    PriceTable::read(&text).unwrap()
}

fn bring(table: &PriceTable, list: &PriceList) -> Vec<price::Model> {
    missing(table, list, DateTime::UNIX_EPOCH).unwrap()
}

#[test]
fn every_bundled_price_is_valid_and_unique() {
    let table = table().unwrap();
    let rows = bring(&table, &PriceList::default());
    let places: HashSet<_> = rows
        .iter()
        .map(|row| (&row.model_pattern, &row.provider, row.effective_from))
        .collect();

    assert_eq!(rows.len(), table.prices.len());
    assert_eq!(places.len(), rows.len());
    for row in &rows {
        let rates = [row.input_per_million, row.output_per_million];
        let has_tokens = rates.iter().all(|rate| *rate > 0);
        let has_media = row.per_image > 0 || row.per_video_second > 0;
        assert!(has_tokens != has_media, "{}", row.model_pattern);
        assert!(
            row.cache_read_per_million <= row.input_per_million,
            "{}",
            row.model_pattern
        );
        assert!(
            row.input_per_million <= row.output_per_million,
            "{}",
            row.model_pattern
        );
    }
}

#[test]
fn commonly_used_models_have_their_price() {
    let rows = bring(&table().unwrap(), &PriceList::default());
    let list = PriceList::new(rows);
    let now = table().unwrap().begins();

    for (model, input, output) in [
        ("claude-sonnet-4-5-20250929", 3_000, 15_000),
        ("claude-sonnet-4-20250514", 3_000, 15_000),
        ("claude-opus-4-1-20250805", 15_000, 75_000),
        ("claude-opus-4-5-20251101", 5_000, 25_000),
        ("claude-haiku-4-5", 1_000, 5_000),
        ("gpt-5", 1_250, 10_000),
        ("gpt-5-2025-08-07", 1_250, 10_000),
        ("gpt-5-mini", 250, 2_000),
        ("gpt-5.1-codex-mini", 250, 2_000),
        ("gpt-4o-mini-2024-07-18", 150, 600),
        ("o3", 2_000, 8_000),
        ("gemini-2.5-pro", 1_250, 10_000),
        ("gemini-2.5-flash-lite", 100, 400),
        ("grok-code-fast-1", 200, 1_500),
        ("kimi-k2-thinking", 600, 2_500),
    ] {
        let price = list.find(model, None, now).expect(model);
        let rates = [price.input_per_million, price.output_per_million];
        assert_eq!(
            rates,
            [input, output].map(|mills| mills * 1_000_000),
            "{model}"
        );
    }
    for unknown in [
        "gpt-4o-audio-preview",
        "gpt-5.999",
        "claude-opus-9",
        "llama",
    ] {
        assert!(list.find(unknown, None, now).is_none(), "{unknown}");
    }
}

#[test]
fn the_first_table_is_effective_from_1970_and_stored_once() {
    let table = table_of("2027-01-02", 1);

    let rows = bring(&table, &PriceList::default());
    let list = PriceList::new(rows.clone());

    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| row.effective_from == DateTime::UNIX_EPOCH)
    );
    assert!(rows.iter().all(|row| row.source == "bundled 2027-01-02"));
    assert!(bring(&table, &list).is_empty());
    assert!(bring(&table_of("2027-01-01", 9), &list).is_empty());
}

#[test]
fn a_newer_table_adds_its_changes_from_its_date() {
    let list = PriceList::new(bring(&table_of("2027-01-02", 1), &PriceList::default()));

    let newer = table_of("2027-02-03", 5);
    let rows = bring(&newer, &list);

    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].model_pattern, "moved");
    assert_eq!(rows[0].effective_from, newer.begins());
    assert!(bring(&newer, &list.with(&rows)).is_empty());
}

#[test]
fn a_bundled_price_does_not_replace_a_stored_one() {
    let ours = PriceList::new(vec![price("moved")]);

    let rows = bring(&table_of("2027-01-02", 1), &ours);

    let patterns: Vec<_> = rows.iter().map(|row| &row.model_pattern).collect();
    assert_eq!(patterns, ["same"]);
}
