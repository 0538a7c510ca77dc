//! The answer of the demo engine, independent of the protocol.

use serde_json::{Map, Value, json};

use super::question::{DemoRequest, Tool, count_words};
use super::request_for_tool::requested_tool;

const INTRODUCTION: &str = "This is the demo engine of ProxyPal Server. No model wrote these words and no \
    provider was asked; they are here so that you can see keys, limits and metering at work.";
/// The number of quoted words of the prompt.
const QUOTED_WORDS: usize = 20;

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopReason {
    Complete,
    /// The requested maximum output was reached.
    Cut,
    /// A tool call.
    Call,
}

/// A tool call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ToolCall {
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// An answer, the same whether it is streamed or not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    /// One word each, with the space before it.
    pub(super) pieces: Vec<String>,
    pub(super) call: Option<ToolCall>,
    pub(super) end: StopReason,
    pub(super) input: usize,
    pub(super) output: usize,
}

impl Reply {
    /// The answer to a question.
    pub(super) fn to(question: &DemoRequest) -> Self {
        let requested = requested_tool(&question.last);
        let mut tools = question.tools.iter();
        match tools.find(|tool| requested == Some(tool.name.as_str())) {
            Some(tool) => Self::calling(tool, question),
            None => Self::saying(question),
        }
    }

    /// All words.
    pub(super) fn text(&self) -> String {
        self.pieces.concat()
    }

    fn calling(tool: &Tool, question: &DemoRequest) -> Self {
        let arguments = example(&tool.parameters);
        Self {
            pieces: Vec::new(),
            output: 1 + count_words(&arguments.to_string()),
            call: Some(ToolCall {
                name: tool.name.clone(),
                arguments,
            }),
            end: StopReason::Call,
            input: question.words,
        }
    }

    fn saying(question: &DemoRequest) -> Self {
        let quoted: Vec<_> = question
            .ending
            .split_whitespace()
            .take(QUOTED_WORDS)
            .collect();
        let text = format!("{INTRODUCTION} You said: {}", quoted.join(" "));
        let mut pieces: Vec<_> = text
            .split_whitespace()
            .map(|word| format!(" {word}"))
            .collect();
        if let Some(first) = pieces.first_mut() {
            first.remove(0);
        }
        let most = question.most_words.unwrap_or(usize::MAX);
        let end = if pieces.len() > most {
            StopReason::Cut
        } else {
            StopReason::Complete
        };
        pieces.truncate(most);
        Self {
            output: pieces.len(),
            pieces,
            call: None,
            end,
            input: question.words,
        }
    }
}

/// Arguments that satisfy the required fields of a function's schema.
fn example(schema: &Value) -> Value {
    let required = schema["required"].as_array().into_iter().flatten();
    let fields: Map<_, _> = required
        .filter_map(Value::as_str)
        .map(|name| (name.to_owned(), example_of(&schema["properties"][name])))
        .collect();
    Value::Object(fields)
}

fn example_of(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    let kind = schema["type"].as_str().unwrap_or("string").to_lowercase();
    match kind.as_str() {
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => json!([]),
        "object" => example(schema),
        _ => json!("demo"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_answer_are_counted() {
        let question = DemoRequest {
            words: 3,
            ending: "hello there friend".to_owned(),
            ..DemoRequest::default()
        };

        let reply = Reply::to(&question);

        assert_eq!(reply.output, count_words(&reply.text()));
        assert_eq!(reply.input, 3);
        assert!(
            reply
                .text()
                .starts_with("This is the demo engine of ProxyPal Server")
        );
        assert!(reply.text().ends_with("hello there friend"));
    }

    #[test]
    fn a_prompt_that_mentions_a_function_is_answered_with_text() {
        let tool = Tool {
            name: "Read".to_owned(),
            parameters: json!({}),
        };
        let question = DemoRequest {
            last: "Use the Read tool to look at files. hello".to_owned(),
            tools: vec![tool],
            ..DemoRequest::default()
        };

        assert_eq!(Reply::to(&question).call, None);
    }

    #[test]
    fn stops_at_the_limit() {
        let question = DemoRequest {
            most_words: Some(4),
            ..DemoRequest::default()
        };

        let reply = Reply::to(&question);

        assert_eq!(
            (reply.text().as_str(), reply.output, reply.end),
            ("This is the demo", 4, StopReason::Cut)
        );
    }

    #[test]
    fn calls_a_function_that_is_asked_for_by_name() {
        let parameters = json!({
            "properties": {"city": {"type": "string"}, "days": {"type": "INTEGER"}, "unit": {"enum": ["C"]}},
            "required": ["city", "days", "unit"],
        });
        let tool = Tool {
            name: "get_weather".to_owned(),
            parameters,
        };
        let question = DemoRequest {
            last: "please call get_weather".to_owned(),
            tools: vec![tool],
            ..DemoRequest::default()
        };

        let call = Reply::to(&question).call.unwrap();

        assert_eq!(
            call.arguments,
            json!({"city": "demo", "days": 1, "unit": "C"})
        );
    }
}
