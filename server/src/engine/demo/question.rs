//! The prompt of a request, independent of its protocol.

use serde_json::Value;

use super::error::DemoError;

/// The fields that contain text of users, in any of the protocols.
const TEXT_FIELDS: [&str; 5] = ["text", "content", "parts", "output", "arguments"];

/// A tool of the request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) parameters: Value,
}

/// The parts of a request that the demo engine uses.
#[derive(Clone, Debug, Default)]
pub(super) struct DemoRequest {
    /// The number of words of the whole prompt.
    pub(super) words: usize,
    /// The last message.
    pub(super) last: String,
    /// The last part of the last message: agents put notes before the text of the user.
    pub(super) ending: String,
    pub(super) tools: Vec<Tool>,
    /// The requested maximum output.
    pub(super) max_words: Option<usize>,
}

impl DemoRequest {
    /// A prompt whose text is in these parts; the last message ends the last of them.
    pub(super) fn new(parts: &[&Value]) -> Self {
        let last = parts.last().map(|part| {
            part.as_array()
                .and_then(|messages| messages.last())
                .unwrap_or(part)
        });
        Self {
            words: parts.iter().map(|part| count_words(&text(part))).sum(),
            last: last.map(text).unwrap_or_default(),
            ending: last.map(ending).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Adds tools; `describe` returns name and parameters of a tool of the protocol.
    pub(super) fn with_tools(
        mut self,
        tools: &Value,
        describe: impl Fn(&Value) -> [&Value; 2],
    ) -> Self {
        let tools = tools.as_array().into_iter().flatten();
        self.tools = tools
            .filter_map(|tool| {
                let [name, parameters] = describe(tool);
                Some(Tool {
                    name: name.as_str()?.to_owned(),
                    parameters: parameters.clone(),
                })
            })
            .collect();
        self
    }

    /// Sets the first of these limits that is present.
    pub(super) fn with_limit(mut self, limits: &[&Value]) -> Self {
        let limit = limits.iter().find_map(|limit| limit.as_u64());
        self.max_words = limit.and_then(|limit| usize::try_from(limit).ok());
        self
    }
}

/// The body as JSON.
pub(super) fn body(bytes: &[u8]) -> Result<Value, DemoError> {
    serde_json::from_slice(bytes).map_err(|error| DemoError::NotJson(error.to_string()))
}

/// The approximate number of tokens.
pub(super) fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => joined(items.iter()),
        Value::Object(fields) => joined(TEXT_FIELDS.iter().filter_map(|name| fields.get(*name))),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

fn ending(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let mut endings = items.iter().rev().map(ending);
            endings.find(|ending| !ending.trim().is_empty())
        }
        Value::Object(fields) => {
            let mut fields = TEXT_FIELDS.iter().filter_map(|name| fields.get(*name));
            fields.next_back().map(ending)
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
    .unwrap_or_else(|| text(value))
}

fn joined<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    values.map(text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_words_wherever_a_protocol_puts_them() {
        let system = json!("be kind");
        let messages = json!([
            {"role": "user", "content": "one two"},
            {"role": "user", "content": [{"type": "text", "text": "three"}]},
            {"role": "user", "parts": [{"text": "four five"}]},
        ]);

        let question = DemoRequest::new(&[&system, &messages]);

        assert_eq!(question.words, 7);
        assert_eq!(question.last.trim(), "four five");
    }

    #[test]
    fn the_users_text_is_separated_from_notes_of_an_agent() {
        let messages = json!([{"role": "user", "content": [
            {"type": "text", "text": "<system-reminder>…</system-reminder>"},
            {"type": "text", "text": "hello"},
        ]}]);

        let question = DemoRequest::new(&[&messages]);

        assert_eq!(question.ending, "hello");
        assert_eq!(DemoRequest::new(&[&json!("hi")]).ending, "hi");
    }
}
