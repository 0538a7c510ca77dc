//! JSON bodies.

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::Value;

use super::super::{ModelScanner, ScanResult};
use super::{found, verdict};
use crate::BodyForm;
use crate::json::tests::any_json;

fn json(body: &str) -> ScanResult {
    verdict(BodyForm::Json, &HeaderMap::new(), body.as_bytes())
}

#[test]
fn finds_the_model_wherever_it_stands() {
    let bodies = [
        r#"{"model":"m"}"#,
        " {\r\n\t\"messages\" : [ {\"model\":\"x\"} , \"}\\\"\" ] , \"model\" : \" m\\n\" }\n",
        r#"{"mod\u0065l":"\u006d"}"#,
        r#"{"a":-1.5e+7,"b":0.10,"c":true,"d":null,"model":"m","e":[0,-0,1E5,"\u00e9\ud800\/"]}"#,
        r#"{"metadata":{"model":"x"},"model":"m","messages":[]}"#,
    ];
    for body in bodies {
        assert_eq!(json(body), found("m"), "{body}");
    }
}

#[test]
fn says_absent_when_there_is_none() {
    for body in [
        "",
        "  ",
        "{}",
        r#"{"model":""}"#,
        r#"{"model":null}"#,
        r#"{"a":{"model":"x"}}"#,
    ] {
        assert_eq!(json(body), ScanResult::Absent, "{body}");
    }
}

#[test]
fn refuses_what_could_be_read_in_two_ways() {
    let bodies = [
        r#"{"model":"m","model":"n"}"#,
        r#"{"model":"m","model":"m"}"#,
        // What the engine cannot parse it may replace by an empty object.
        r#"{"model":"m","messages":["#,
        r#"{"model":"m""#,
        r#"{"model":"m","a":NaN}"#,
        r#"{"model":"m","a":01}"#,
        r#"{"model":"m","a":1.}"#,
        r#"{"model":"m","a":.5}"#,
        r#"{"model":"m","a":1e}"#,
        r#"{"model":"m","a":-}"#,
        r#"{"model":"m","a":{"b":"\q"}}"#,
        r#"{"model":"m","a":{"b":"\u12g4"}}"#,
        r#"{"model":"m","a":{"b\x":1}}"#,
        "{\"model\":\"m\",\"a\":[\"line\nbreak\"]}",
        // The engine finds the model behind a byte order mark, and loses the bound.
        "\u{feff}{\"model\":\"m\"}",
        r#"{"model":"m","mod\u0065l":"n"}"#,
        r#"{"model":null,"model":"n"}"#,
        r#"{"model":"m","model":5}"#,
        r#"{"model":"m","Model":"n"}"#,
        r#"{"MODEL":"m"}"#,
        r#"{"model":5}"#,
        r#"{"model":{"id":"m"}}"#,
        r#"{"model":["m"]}"#,
        r#"{"model":"\ud800"}"#,
        r#"{"model\q":"n","model":"m"}"#,
        r#"["model","m"]"#,
        r#"x{"model":"m"}"#,
        r#"{"model":"m"}{"model":"n"}"#,
        r#"{"model":"m"},"#,
        r#"{"a":X,"model":"m"}"#,
        r#"{"a":[}],"model":"m"}"#,
        r#"{"messages":["#,
        "{\"mod\u{1}el\":1,\"model\":\"m\"}",
        "\"model\"",
        r#""{"{"model":"m"}"#,
        r#"{"a":{"b\u"}:1},"model":"m"}"#,
        r#"{"a":{"b\u00"}c":{"model":"x"}},"d":1}"#,
        "5",
    ];
    for body in bodies {
        assert_eq!(json(body), ScanResult::Ambiguous, "{body}");
    }
}

#[test]
fn refuses_a_name_without_end() {
    let body = |length| format!(r#"{{"model":"{}"}}"#, "m".repeat(length));

    assert_eq!(json(&body(512)), found(&"m".repeat(512)));
    assert_eq!(json(&body(513)), ScanResult::Ambiguous);
}

#[test]
fn refuses_a_name_that_is_no_text() {
    let body = b"{\"model\":\"m\xff\"}";

    assert_eq!(
        verdict(BodyForm::Json, &HeaderMap::new(), body),
        ScanResult::Ambiguous
    );
}

#[test]
fn changes_its_mind_when_the_body_contradicts_itself() {
    let mut scanner = ModelScanner::for_message(false);

    scanner.observe(br#"{"type":"response.create","stream":true,"model":"m","#);
    assert_eq!(scanner.verdict(), found("m"));
    assert_eq!(scanner.kind(), Some("response.create"));

    scanner.observe(br#""model":"n"}"#);
    assert_eq!(scanner.verdict(), ScanResult::Ambiguous);
}

#[test]
fn a_limited_caller_names_no_model_to_fall_back_on() {
    for key in [
        "models",
        "fallbacks",
        "fallback_model",
        "fallback_models",
        "mod\\u0065ls",
    ] {
        let body = format!(r#"{{"model":"m","{key}":["n"]}}"#);
        let scan = |is_limited| {
            let mut scanner = ModelScanner::for_message(is_limited);
            scanner.observe(body.as_bytes());
            scanner.verdict()
        };
        assert_eq!(scan(true), ScanResult::Ambiguous, "{key}");
        assert_eq!(scan(false), found("m"), "{key}");
    }
}

#[test]
fn the_type_of_a_message_can_be_read_in_one_way() {
    for message in [
        r#"{"model":"m","type":"a","type":"response.create"}"#,
        r#"{"model":"m","type":"response.create","Type":"a"}"#,
        r#"{"model":"m","type":null}"#,
        r#"{"model":"m","type":["response.create"]}"#,
        r#"{"model":"m","type":{}}"#,
        r#"{"model":"m","type":"\ud800"}"#,
    ] {
        let mut scanner = ModelScanner::for_message(false);
        scanner.observe(message.as_bytes());
        assert_eq!(scanner.finish(), ScanResult::Ambiguous, "{message}");
        assert_eq!(json(message), found("m"), "{message}");
    }
}

proptest! {
    #[test]
    fn agrees_with_serde(
        members in prop::collection::vec((any::<String>(), any_json()), 0..6),
        model in prop::option::of(any::<String>()),
        position in 0_usize..6,
        pretty: bool,
    ) {
        let is_other = |(key, _): &(String, Value)| !key.eq_ignore_ascii_case("model");
        let mut members: Vec<_> = members.into_iter().filter(is_other).collect();
        if let Some(model) = &model {
            let position = position.min(members.len());
            members.insert(position, ("model".to_owned(), Value::from(model.as_str())));
        }
        let value = Value::Object(members.into_iter().collect());
        let body = if pretty { format!("{value:#}") } else { value.to_string() };
        let expected = match model.as_deref().map(str::trim) {
            None | Some("") => ScanResult::Absent,
            Some(_) if model.as_ref().is_some_and(|model| model.len() > 512) => ScanResult::Ambiguous,
            Some(model) => found(model),
        };

        prop_assert_eq!(json(&body), expected);
    }
}
