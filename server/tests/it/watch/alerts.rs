//! The alert rules use existing metrics and labels, and each has a remedy in the documentation.

use std::{collections::BTreeMap, fs, path::PathBuf};

use proxypal_server::{metrics::Description, watch};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    alert: String,
    expr: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

/// Metrics and labels that Prometheus adds to a scrape.
const ITS_OWN: [&str; 2] = ["job", "le"];

fn read(name: &str) -> String {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs");
    fs::read_to_string(docs.join(name)).unwrap()
}

fn rules() -> Vec<Rule> {
    let file: File = serde_saphyr::from_str(&read("alerts/proxypal.rules.yml")).unwrap();
    let rules = file.groups.into_iter().flat_map(|group| group.rules);
    rules.collect()
}

/// The metrics of an expression, each with the labels that it is asked for by.
fn metrics(expression: &str) -> Vec<(String, Vec<String>)> {
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(at) = ["proxypal_", "process_"]
        .into_iter()
        .filter_map(|start| rest.find(start))
        .min()
    {
        let from = &rest[at..];
        let end = from.find(|character| !is_of_name(character));
        let (name, after) = from.split_at(end.unwrap_or(from.len()));
        let inside = after
            .strip_prefix('{')
            .map(|inside| inside.split('}').next().unwrap());
        let labels = inside.into_iter().flat_map(|inside| inside.split(','));
        let labels = labels.map(|label| {
            let end = label.trim().find(|character| !is_of_name(character));
            label.trim()[..end.unwrap()].to_owned()
        });
        found.push((name.to_owned(), labels.collect()));
        rest = inside.map_or(after, |inside| &after[inside.len() + 2..]);
    }
    found
}

/// A histogram is asked for by its parts.
fn describes(described: &Description, name: &str) -> bool {
    let is_part = |part| {
        described.kind == "histogram" && name.strip_suffix(part) == Some(described.name.as_str())
    };
    described.name == name || ["_bucket", "_count", "_sum"].into_iter().any(is_part)
}

#[test]
fn every_metric_and_label_of_a_rule_exists() {
    let registry = watch::empty_registry();
    let mut looked_at = 0;
    for rule in rules() {
        for (name, labels) in metrics(&rule.expr) {
            let mut described = registry.described().iter();
            let described = described.find(|described| describes(described, &name));
            let described =
                described.unwrap_or_else(|| panic!("{}: there is no metric {name}", rule.alert));
            for label in labels {
                assert!(
                    described.labels.contains(&label.as_str()) || ITS_OWN.contains(&label.as_str()),
                    "{}: {name} has no label {label}",
                    rule.alert
                );
            }
            looked_at += 1;
        }
    }
    assert!(looked_at >= 20, "only {looked_at} metrics were found");
}

#[test]
fn every_rule_has_a_severity_and_a_remedy() {
    let page = read("alerts.md");
    for rule in rules() {
        let severity = rule.labels["severity"].as_str();
        assert!(["critical", "warning", "info"].contains(&severity));
        assert!(!rule.annotations["summary"].is_empty());
        let line = format!("| `{}` | {severity} |", rule.alert);
        assert!(page.contains(&line), "docs/alerts.md lacks: {line}");
    }
}
