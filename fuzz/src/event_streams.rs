//! Streams of events as providers send them, and as they should not: made from random numbers or from the input of a fuzzer.

use std::fmt::Write as _;

use metering::{Protocol, Tap};

/// Chooses the parts of a stream.
pub trait Entropy {
    /// A number below `bound`, which is not zero.
    fn below(&mut self, bound: usize) -> usize;

    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// The input of a fuzzer; zeros once it is used up.
impl Entropy for &[u8] {
    fn below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.split_first() else {
            return 0;
        };
        *self = rest;
        usize::from(*first) % bound
    }
}

/// [`check_stream`] with the input of a fuzzer.
pub fn event_templates(mut data: &[u8]) {
    check_stream(&mut data);
}

/// The observation of an answer does not depend on where it is cut: neither at its end nor after any piece. Whole events may be
/// recognised without being parsed; a tap that is fed byte by byte parses each of them.
pub fn check_stream(entropy: &mut impl Entropy) -> usize {
    let protocol = Protocol::ALL[entropy.below(Protocol::ALL.len())];
    let stream = stream(entropy, protocol);
    let mut whole = Tap::new(protocol, "text/event-stream", "");
    let mut parsed = Tap::new(protocol, "text/event-stream", "");
    for piece in pieces(entropy, &stream) {
        whole.observe(piece);
        piece.chunks(1).for_each(|byte| parsed.observe(byte));
        assert_eq!(
            (whole.snapshot(), whole.is_between_events()),
            (parsed.snapshot(), parsed.is_between_events()),
            "{protocol:?} up to {:?} of {}",
            String::from_utf8_lossy(piece),
            String::from_utf8_lossy(&stream)
        );
    }
    assert_eq!(whole.finish(), parsed.finish());
    stream.len()
}

/// Whole events in each piece, or pieces of any length.
fn pieces<'a>(entropy: &mut impl Entropy, stream: &'a [u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let is_by_event = entropy.percent(30);
    let longest = [3, 60, 200, 250, 1][entropy.below(5)] * [1, 20][entropy.below(2)];
    let mut rest = stream;
    while !rest.is_empty() {
        let event = rest.windows(2).position(|pair| pair == b"\n\n");
        let length = match event {
            Some(event) if is_by_event => event + 2,
            _ => 1 + entropy.below(longest),
        };
        let (piece, tail) = rest.split_at(length.min(rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

/// The features that the events of one stream share.
struct Style {
    protocol: Protocol,
    /// How many events, in percent, have members that change the state.
    changes: usize,
    /// Whether every event has a service tier.
    has_tier: bool,
    /// The usage that every event has.
    usage: Option<(usize, usize)>,
    /// Where data continues on another line, in characters.
    split: Option<usize>,
}

fn stream(entropy: &mut impl Entropy, protocol: Protocol) -> Vec<u8> {
    let style = Style {
        protocol,
        changes: [10, 10, 10, 90][entropy.below(4)],
        has_tier: entropy.percent(10),
        usage: entropy
            .percent(5)
            .then(|| (entropy.below(9), entropy.below(9))),
        split: entropy.percent(5).then(|| 5 + entropy.below(90)),
    };
    let line_end = match entropy.below(20) {
        0 => "\r",
        1 | 2 => "\r\n",
        _ => "\n",
    };
    let has_names = entropy.percent(40);
    let mut stream = String::new();
    for number in 0..entropy.below(40) {
        if has_names {
            let _ = write!(stream, "event: e{}{line_end}", entropy.below(50) / 49);
        }
        let mut document = document(entropy, &style, number);
        let gap = if entropy.percent(95) { " " } else { "" };
        if let Some(at) = style.split
            && document.is_char_boundary(at)
        {
            document.insert_str(at, &format!("{line_end}data:{gap}"));
        }
        let _ = write!(stream, "data:{gap}{document}{line_end}");
        stream += &between(entropy, line_end);
        if entropy.percent(98) {
            stream += line_end;
        }
    }
    if entropy.percent(50) {
        let _ = write!(stream, "data: [DONE]{line_end}{line_end}");
    }
    let mut stream = stream.into_bytes();
    if entropy.percent(15) {
        mutate(entropy, &mut stream);
    }
    stream
}

/// The text after the data of an event, mostly empty.
fn between(entropy: &mut impl Entropy, line_end: &str) -> String {
    let text = match entropy.below(120) {
        0 => ": keep-alive",
        1 => "data: {\"usage\":{\"prompt_tokens\":7}}",
        2 => "data: ,",
        3 => "data: \"}]}",
        4 => "id: 5",
        5 => "data: [DONE]",
        6 | 7 => "",
        _ => return String::new(),
    };
    format!("{text}{line_end}")
}

fn text(entropy: &mut impl Entropy) -> String {
    const USUAL: [&str; 8] = ["word ", "\\\"", "\\n", "\\\\", "é", "{}", "\\u00e9", ","];
    const ODD: [&str; 14] = [
        "\"", "\\", "\r", "\n", "\t", "\\u12", "\\u\\", "\\ud83d", "\\x", "data: ", "[", "usage",
        "\"}", "\\\r",
    ];
    let mut text = String::new();
    for _ in 0..entropy.below(6) {
        text += entropy.one_of(&USUAL);
    }
    match entropy.below(100) {
        0 => text += entropy.one_of(&ODD),
        1 => text += &"long ".repeat(entropy.below(255)),
        _ => {}
    }
    text
}

fn number(entropy: &mut impl Entropy, usual: usize) -> String {
    match entropy.below(60) {
        0 => "-1".to_owned(),
        1 => "1.5".to_owned(),
        2 => "null".to_owned(),
        3 => "1e3".to_owned(),
        4 => "00".to_owned(),
        5 => "9".repeat(1 + entropy.below(40)),
        6 => "\"7\"".to_owned(),
        _ => (usual * 7).to_string(),
    }
}

const TIERS: [&str; 7] = [
    "\"default\"",
    "\"priority\"",
    "\"fl\\u0065x\"",
    "\"\"",
    "\"a name that is longer than those that are kept\"",
    "null",
    "7",
];

/// Members that change the state of an answer, mostly none.
fn members(entropy: &mut impl Entropy, style: &Style) -> String {
    let kinds = 900 / style.changes;
    let mut members = match entropy.below(kinds.min(255)) {
        0 => ",\"error\":{\"code\":\"boom\",\"message\":\"no\"}".to_owned(),
        1 => ",\"model\":\"other\"".to_owned(),
        2 => ",\"type\":\"error\"".to_owned(),
        3 => format!(",\"code\":{}", entropy.below(3)),
        4 => format!(",\"eval_count\":{}", entropy.below(9)),
        5 => ",\"error\":\"boom\"".to_owned(),
        6 => format!(",\"a\":{{\"b\":{{\"c\":[[{}]]}}}}", number(entropy, 1)),
        7 => format!(",\"timings\":{{\"predicted_n\":{}}}", entropy.below(9)),
        8 => ",\"mess\\u0061ge\":\"x\"".to_owned(),
        9 => format!(",\"service_tier\":{}", entropy.one_of(&TIERS)),
        _ => String::new(),
    };
    if entropy.percent(15) {
        let _ = write!(
            members,
            ",\"obfuscation\":\"{}\"",
            "x".repeat(entropy.below(9))
        );
    }
    if style.has_tier {
        members += ",\"service_tier\":\"default\"";
    }
    let mut usage = style.usage;
    if entropy.percent(6) {
        usage = Some((entropy.below(3) * 10, entropy.below(30)));
    }
    if let Some((input, output)) = usage {
        let tier = match entropy.below(8) {
            0 => format!(",\"service_tier\":{}", entropy.one_of(&TIERS)),
            1 => ",\"speed\":\"fast\",\"trafficType\":\"ON_DEMAND\"".to_owned(),
            2 => format!(",\"cache_creation\":{{\"ephemeral_1h_input_tokens\":{input}}}"),
            _ => String::new(),
        };
        let usage = if style.protocol == Protocol::Gemini {
            format!(
                ",\"usageMetadata\":{{\"promptTokenCount\":{input},\"candidatesTokenCount\":{output}{tier}}}"
            )
        } else {
            format!(
                ",\"usage\":{{\"prompt_tokens\":{input},\"completion_tokens\":{output},\"output_tokens\":{output}{tier}}}"
            )
        };
        members += &usage;
    }
    members
}

fn document(entropy: &mut impl Entropy, style: &Style, index: usize) -> String {
    let (text, number, extra) = (
        text(entropy),
        number(entropy, index),
        members(entropy, style),
    );
    let choice = entropy.below(40);
    match style.protocol {
        Protocol::AnthropicMessages => match choice {
            0 => format!(
                "{{\"type\":\"message_start\",\"message\":{{\"model\":\"c\",\"usage\":{{\"input_tokens\":{number}}}}}}}"
            ),
            1 => "{\"type\":\"message_stop\"}".to_owned(),
            2 => format!(
                "{{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end\"}}{extra}}}"
            ),
            _ => format!(
                "{{\"type\":\"content_block_delta\",\"index\":{number},\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}{extra}}}"
            ),
        },
        Protocol::Gemini => {
            let finish = if choice == 0 {
                ",\"finishReason\":\"STOP\""
            } else {
                ""
            };
            format!(
                "{{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}}{finish},\"index\":{number}}}],\"modelVersion\":\"g\"{extra}}}"
            )
        }
        Protocol::OpenaiResponses if choice == 0 => format!(
            "{{\"type\":\"response.completed\",\"sequence_number\":{number},\"response\":{{\"model\":\"r\"{extra}}}}}"
        ),
        Protocol::OpenaiResponses => format!(
            "{{\"type\":\"response.output_text.delta\",\"sequence_number\":{number},\"delta\":\"{text}\"{extra}}}"
        ),
        Protocol::OpenaiImages => format!(
            "{{\"type\":\"image_generation.partial_image\",\"partial_image_index\":{number},\"b64_json\":\"{text}\"{extra}}}"
        ),
        Protocol::OpenaiChat
        | Protocol::OpenaiCompletions
        | Protocol::Unmetered
        | Protocol::Other => {
            let finish = if choice == 0 { "\"stop\"" } else { "null" };
            format!(
                "{{\"id\":\"c{}\",\"created\":{number},\"model\":\"gpt\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":{finish}}}]{extra}}}",
                choice / 20
            )
        }
    }
}

/// Replaces, removes or inserts a few bytes.
fn mutate(entropy: &mut impl Entropy, stream: &mut Vec<u8>) {
    const BYTES: &[u8] = b"\"\\\n\r{}[]:,0 xe";
    for _ in 0..=entropy.below(3) {
        if stream.is_empty() {
            return;
        }
        // Two numbers: the input of a fuzzer has only bytes.
        let at = (entropy.below(256) * 256 + entropy.below(256)) % stream.len();
        let byte = BYTES[entropy.below(BYTES.len())];
        match entropy.below(3) {
            0 => stream[at] = byte,
            1 => stream.insert(at, byte),
            _ => {
                stream.remove(at);
            }
        }
    }
}
