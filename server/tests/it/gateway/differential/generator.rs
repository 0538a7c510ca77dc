//! Requests as they could be written: well, oddly, and on purpose.

use serde_json::Value;

use super::cases::{Case, skippable};

/// The models that the engine of this test serves.
pub(super) const MODELS: [&str; 6] = ["o-one", "o-two", "c-one", "c-two", "g-one", "x-one"];

const PATHS: [&str; 6] = [
    "/v1/chat/completions",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/messages",
    "/v1beta/models/",
];
const BOUNDS: [&str; 7] = [
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "n",
    "Max_Tokens",
    "max\\u005ftokens",
    "maxTokens",
];
const NUMBERS: [&str; 14] = [
    "100",
    "7",
    "4096",
    "100",
    "0",
    "-1",
    "2.5",
    "60000.5",
    "1e3",
    "\"60000\"",
    "null",
    "true",
    "[5]",
    "99999999999",
];
const CONFIG: [&str; 5] = [
    "maxOutputTokens",
    "max_output_tokens",
    "candidateCount",
    "MaxOutputTokens",
    "temperature",
];

/// Makes the same cases from the same seed.
pub(super) struct Generator(u64);

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below this one (splitmix64).
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let mixed = mixed ^ (mixed >> 31);
        usize::try_from(mixed % limit as u64).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn model(&mut self) -> String {
        let name = self.pick(&MODELS);
        if !self.one_in(3) {
            return name.to_owned();
        }
        match self.below(16) {
            0 => format!(" {name}"),
            1 => format!("{name} "),
            2 => format!("{name}(low)"),
            3 => format!("{name} (low)"),
            4 => format!("{name}(8192)"),
            5 => name.to_uppercase(),
            6 => format!("models/{name}"),
            7 => "auto".to_owned(),
            8 => "auto(low)".to_owned(),
            9 => format!(
                "claude-fable-5-dd-{}",
                name.chars().rev().collect::<String>()
            ),
            10 => format!(
                "claude-fable-5-dd-)wol({}",
                name.chars().rev().collect::<String>()
            ),
            11 => format!("{name}\u{a0}(high)"),
            12 => format!("{name}(low)(high)"),
            13 => format!("{name}()"),
            14 => String::new(),
            _ => format!("{name}-unknown"),
        }
    }

    /// The model as JSON writes it.
    fn model_value(&mut self) -> String {
        let model = self.model();
        match self.below(40) {
            0 => "null".to_owned(),
            1 => "5".to_owned(),
            2 => format!("[\"{model}\"]"),
            3 => format!("{{\"id\":\"{model}\"}}"),
            4 => format!("\"{model}\\ud800\""),
            5..=8 => {
                let escaped = model
                    .chars()
                    .map(|letter| format!("\\u{:04x}", u32::from(letter)));
                format!("\"{}\"", escaped.collect::<String>())
            }
            _ => Value::from(model).to_string(),
        }
    }

    fn model_key(&mut self) -> &'static str {
        if self.one_in(4) {
            self.pick(&[
                "Model",
                "MODEL",
                "mod\\u0065l",
                "model ",
                "models",
                "mod\\u0045l",
            ])
        } else {
            "model"
        }
    }

    fn bound_value(&mut self) -> &'static str {
        if self.one_in(3) {
            self.pick(&NUMBERS)
        } else {
            self.pick(&["100", "7", "64000"])
        }
    }

    #[expect(clippy::too_many_lines, reason = "a list of members of a body")]
    fn members(&mut self, path: &str) -> Vec<String> {
        let mut members = Vec::new();
        let is_gemini = path.starts_with("/v1beta");
        if !is_gemini || self.one_in(8) {
            members.push(format!("\"model\":{}", self.model_value()));
        }
        if self.one_in(8) {
            let (key, value) = (self.model_key(), self.model_value());
            members.push(format!("\"{key}\":{value}"));
        }
        let text = "\"text\"";
        let input = "[{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"hi\"}]}]";
        let messages =
            "\"messages\":[{\"role\":\"user\",\"content\":\"hi, \\\"model\\\":\\\"o-two\\\"\"}]";
        let contents = "\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]";
        let usual = match path {
            "/v1/completions" => format!("\"prompt\":{text}"),
            "/v1/responses" => format!("\"input\":{input}"),
            "/v1beta/models/" => contents.to_owned(),
            _ => messages.to_owned(),
        };
        if self.one_in(10) {
            members.push(
                self.pick(&[
                    "\"instructions\":\"x\"",
                    "\"Messages\":[]",
                    "\"messages\":null",
                    "\"input\":\"hi\"",
                ])
                .to_owned(),
            );
        } else {
            members.push(usual);
        }
        for _ in 0..self.pick(&[0, 1, 1, 1, 2, 3]) {
            let key = if self.one_in(3) {
                self.pick(&BOUNDS)
            } else {
                self.pick(&BOUNDS[..3])
            };
            members.push(format!("\"{key}\":{}", self.bound_value()));
        }
        if is_gemini || self.one_in(12) {
            let name = if self.one_in(8) {
                "generation_config"
            } else {
                "generationConfig"
            };
            members.push(format!("\"{name}\":{}", self.config()));
        }
        if self.one_in(3) {
            members.push(format!(
                "\"stream\":{}",
                self.pick(&["true", "true", "false", "\"true\"", "1"])
            ));
        }
        if self.one_in(12) {
            members.push(
                self.pick(&[
                    "\"a\":NaN",
                    "\"a\":{\"model\":\"o-two\",\"max_tokens\":9}",
                    "\"\":1",
                    "\"a\\u0000\":1",
                    "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":9000}",
                    "\"reasoning_effort\":\"high\"",
                    "\"metadata\":{}",
                    "\"a\":\"\\q\"",
                    "\"store\":false",
                ])
                .to_owned(),
            );
        }
        for index in (1..members.len()).rev() {
            let other = self.below(index + 1);
            members.swap(index, other);
        }
        members
    }

    fn config(&mut self) -> String {
        if self.one_in(12) {
            return self
                .pick(&["null", "[{\"maxOutputTokens\":5}]", "5", "{}"])
                .to_owned();
        }
        let mut pairs = Vec::new();
        for _ in 0..self.pick(&[1, 1, 1, 2]) {
            let key = if self.one_in(3) {
                self.pick(&CONFIG)
            } else {
                "maxOutputTokens"
            };
            pairs.push(format!("\"{key}\":{}", self.bound_value()));
        }
        format!("{{{}}}", pairs.join(","))
    }

    fn text(&mut self, path: &str) -> Vec<u8> {
        let blank = self.pick(&["", "", "", " ", "\n\t"]);
        let members = self.members(path).join(&format!("{blank},{blank}"));
        let mut text = format!("{blank}{{{blank}{members}{blank}}}{blank}").into_bytes();
        if !self.one_in(6) {
            return text;
        }
        let odd: &[u8] = match self.below(12) {
            0 => b"\xEF\xBB\xBF",
            1 => b"x",
            2 => b"\"{\"",
            3 => b"[",
            4 => b"{}",
            5 => b"\0",
            6 => b"//\n",
            7 => {
                let length = self.below(text.len());
                text.truncate(length);
                return text;
            }
            8 => {
                let at = self.below(text.len());
                text.insert(at, b"\xFF\x01\"}]{,: "[self.below(9)]);
                return text;
            }
            9 => {
                let at = self.below(text.len());
                text.remove(at);
                return text;
            }
            10 => {
                text.extend_from_slice(b"{\"model\":\"o-two\"}");
                return text;
            }
            _ => {
                text.extend_from_slice(b",\"model\":\"o-two\"}");
                return text;
            }
        };
        [odd, &text].concat()
    }

    /// The body as it is sent, and its encoding.
    fn encoded(&mut self, text: Vec<u8>) -> (Vec<u8>, Option<&'static str>) {
        if !self.one_in(5) {
            return (text, None);
        }
        let other = b"{\"model\":\"o-two\",\"messages\":[]}";
        let half = self.below(text.len() + 1);
        let frame = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
        let body = match self.below(9) {
            0 => [frame(&text[..half]), frame(&text[half..])].concat(),
            1 => [skippable(other), frame(&text)].concat(),
            2 => [frame(&text), skippable(other)].concat(),
            3 => {
                let mut cut = frame(&text);
                cut.truncate(half.min(cut.len()));
                cut
            }
            4 => [frame(&text), other.to_vec()].concat(),
            5 => frame(&frame(&text)),
            6 => [frame(other), frame(&text)].concat(),
            7 => text.clone(),
            _ => frame(&text),
        };
        let encoding = self.pick(&[
            "zstd",
            "zstd",
            "zstd",
            "zstd",
            "ZSTD",
            "identity",
            "zstd, zstd",
            "gzip",
            "identity, zstd",
            "",
        ]);
        (body, Some(encoding))
    }
}

impl Iterator for Generator {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        let path = self.pick(&PATHS);
        let text = self.text(path);
        let (body, encoding) = self.encoded(text);
        let path = if path.starts_with("/v1beta") {
            let action = self.pick(&["generateContent", "streamGenerateContent"]);
            let model = self.model();
            let model =
                percent_encoding::utf8_percent_encode(&model, percent_encoding::NON_ALPHANUMERIC);
            format!("{path}{model}:{action}")
        } else {
            path.to_owned()
        };
        let mut case = Case::post(&path, body);
        if let Some(encoding) = encoding {
            case = case.with("content-encoding", encoding);
        }
        if self.one_in(50) {
            "text/plain; charset=utf-16".clone_into(&mut case.fields[0].1);
        }
        Some(case)
    }
}
