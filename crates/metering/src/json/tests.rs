//! The walker against `serde_json`.

use proptest::prelude::*;
use serde_json::Value;

use super::{JsonSink, Key, Text, Walker, Want};

/// Collects the texts at `model`, at any depth that is tracked.
#[derive(Debug, Default)]
struct Texts(Vec<String>);

impl JsonSink for Texts {
    fn want(&self, path: &[Key]) -> Want {
        match path.last() {
            Some(Key::Model) => Want::Text,
            _ => Want::Nothing,
        }
    }

    fn string(&mut self, _path: &[Key], text: &Text) {
        self.0.extend(text.as_str().map(str::to_owned));
    }
}

fn walk(bytes: &[u8], size: usize) -> (Walker, Vec<String>) {
    let mut walker = Walker::default();
    let mut texts = Texts::default();
    for chunk in bytes.chunks(size) {
        walker.feed(chunk, &mut texts);
    }
    (walker, texts.0)
}

/// Any JSON value, a few levels deep.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let key = prop_oneof![any::<String>(), Just("model".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn decodes_escapes() {
    let (_, texts) = walk(br#"{"mod\u0065l":"\ud83d\ude00\n\/\"\u00E9"}"#, 1);

    assert_eq!(texts, ["\u{1F600}\n/\"\u{E9}"]);
}

#[test]
fn refuses_what_readers_differ_about() {
    let faults = [
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83d\ud83d""#,
        r#""\ud83dx""#,
        r#""\q""#,
        r#""\u00g0""#,
        "\"\u{1}\"",
    ];
    for fault in faults {
        let (walker, texts) = walk(format!(r#"{{"model":{fault}}}"#).as_bytes(), 1);
        assert_eq!((walker.is_ended(), texts.len()), (true, 0), "{fault}");
    }
}

#[test]
fn breaks_on_bad_structure() {
    let faults = [
        "}",
        "{]",
        "[}",
        "{,",
        "[,",
        "[1,]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "[tru]",
        "[1 2]",
        "['']",
        "[+1]",
        "[--x]",
        "[(]",
    ];
    for fault in faults {
        assert!(walk(fault.as_bytes(), 1).0.is_broken(), "{fault}");
    }
}

#[test]
fn breaks_on_bottomless_nesting() {
    assert!(!walk(&[b'['; 256], 7).0.is_broken());
    assert!(walk(&[b'['; 257], 7).0.is_broken());
}

proptest! {
    #[test]
    fn accepts_all_json(value in any_json(), pretty: bool, size in 1_usize..9) {
        prop_assume!(value.is_object() || value.is_array());
        let text = if pretty { format!("{value:#}") } else { value.to_string() };

        let (walker, _) = walk(text.as_bytes(), size);

        prop_assert!(walker.is_ended());
    }

    #[test]
    fn accepts_no_structure_that_serde_refuses(
        bytes in prop::collection::vec(prop::sample::select(b"{}[]\":, 1atrue".to_vec()), 0..12),
    ) {
        let (walker, _) = walk(&bytes, 3);
        let known = serde_json::from_slice::<Value>(&bytes);

        if walker.is_ended() && bytes.iter().any(|byte| b"{[".contains(byte)) {
            let trailing = known.as_ref().is_err_and(|error| error.to_string().contains("trailing"));
            let number = known.as_ref().is_err_and(|error| error.to_string().contains("number"));
            prop_assert!(known.is_ok() || trailing || number);
        }
    }
}
