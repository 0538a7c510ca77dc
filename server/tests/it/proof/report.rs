//! Prints a sentence for each thing that holds, and a table when all scenarios are over.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

const TITLES: [&str; 6] = [
    "An administrator signs in and sets up providers",
    "Users and their keys",
    "Requests through the proxy, and their usage",
    "Signing in at every provider",
    "Quotas hold",
    "Restart and recovery",
];

/// The result of each scenario so far.
static OVER: Mutex<BTreeMap<usize, Verdict>> = Mutex::new(BTreeMap::new());

struct Verdict {
    held: usize,
    is_proven: bool,
    took: Duration,
}

/// A scenario that runs. It is over when this is dropped, and failed if that is by a panic.
pub(super) struct Scenario {
    number: usize,
    held: usize,
    began: Instant,
}

impl Scenario {
    pub(super) fn begin(number: usize) -> Self {
        let title = TITLES[number - 1];
        say(&format!("\n{number}. {title}"));
        Self {
            number,
            held: 0,
            began: Instant::now(),
        }
    }

    /// The last assertion.
    pub(super) fn holds(&mut self, sentence: &str) {
        self.held += 1;
        say(&format!("   ✓ {sentence}"));
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        let verdict = Verdict {
            held: self.held,
            is_proven: !std::thread::panicking(),
            took: self.began.elapsed(),
        };
        let Ok(mut over) = OVER.lock() else { return };
        over.insert(self.number, verdict);
        if over.len() == TITLES.len() {
            say(&table(&over));
        }
    }
}

fn table(over: &BTreeMap<usize, Verdict>) -> String {
    let mut lines = vec![
        "\n| scenario | statements that hold | time | |".to_owned(),
        "|---|--:|--:|---|".to_owned(),
    ];
    for (number, verdict) in over {
        let (title, word) = (
            TITLES[number - 1],
            if verdict.is_proven { "PASS" } else { "FAIL" },
        );
        let (held, seconds) = (verdict.held, verdict.took.as_secs_f64());
        lines.push(format!(
            "| {number}. {title} | {held} | {seconds:.1} s | {word} |"
        ));
    }
    lines.join("\n")
}

#[expect(clippy::print_stdout, reason = "the report of the proof")]
fn say(words: &str) {
    println!("{words}");
}
