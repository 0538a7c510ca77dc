//! The answer of the demo engine, independent of the protocol.

use canned::{Answer, Finish, TokenCounts, ToolCall};
use serde_json::{Map, Value, json};

use super::question::{DemoRequest, Tool, count_words};
use super::request_for_tool::requested_tool;

const INTRODUCTION: &str = "This is the demo engine of ProxyPal Server. No model wrote these words and no \
    provider was asked; they are here so that you can see keys, limits and metering at work.";
/// The number of quoted words of the prompt.
const QUOTED_WORDS: usize = 20;

/// The answer to a request, without the model and an id.
pub(super) fn answer_to(request: &DemoRequest) -> Answer {
    let requested = requested_tool(&request.last);
    let mut tools = request.tools.iter();
    match tools.find(|tool| requested == Some(tool.name.as_str())) {
        Some(tool) => tool_answer(tool, request),
        None => text_answer(request),
    }
}

fn tool_answer(tool: &Tool, request: &DemoRequest) -> Answer {
    let arguments = example(&tool.parameters);
    Answer {
        tokens: tokens(request.words, 1 + count_words(&arguments.to_string())),
        tool_call: Some(ToolCall {
            name: tool.name.clone(),
            arguments,
        }),
        finish: Finish::ToolCall,
        ..Answer::default()
    }
}

fn text_answer(request: &DemoRequest) -> Answer {
    let quoted: Vec<_> = request
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
    let max_words = request.max_words.unwrap_or(usize::MAX);
    let finish = if pieces.len() > max_words {
        Finish::MaxTokens
    } else {
        Finish::Complete
    };
    pieces.truncate(max_words);
    Answer {
        tokens: tokens(request.words, pieces.len()),
        pieces,
        finish,
        ..Answer::default()
    }
}

fn tokens(input: usize, output: usize) -> TokenCounts {
    TokenCounts {
        input: input as u64,
        output: output as u64,
        ..TokenCounts::default()
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

        let reply = answer_to(&question);

        assert_eq!(reply.tokens.output, count_words(&reply.text()) as u64);
        assert_eq!(reply.tokens.input, 3);
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

        assert_eq!(answer_to(&question).tool_call, None);
    }

    #[test]
    fn stops_at_the_limit() {
        let question = DemoRequest {
            max_words: Some(4),
            ..DemoRequest::default()
        };

        let reply = answer_to(&question);

        assert_eq!(
            (reply.text().as_str(), reply.tokens.output, reply.finish),
            ("This is the demo", 4, Finish::MaxTokens)
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

        let call = answer_to(&question).tool_call.unwrap();

        assert_eq!(
            call.arguments,
            json!({"city": "demo", "days": 1, "unit": "C"})
        );
    }
}
