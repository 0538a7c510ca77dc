//! Finds the event that ends an answer in a frame that holds several: those before it need not wait for the record.

use memchr::{memchr, memrchr};
use metering::Tap;

/// The last events of a frame, which are observed one by one. Streams end with two at most: the usage, and a mark.
const LAST_EVENTS: usize = 3;

/// Observes a frame. Returns where the event that completes the answer begins, or else the last event; 0 where that is not known.
pub(super) fn observe_events(tap: &mut Tap, frame: &[u8]) -> usize {
    // The kind of the answer shows in its first line.
    let line = if tap.is_events() {
        0
    } else {
        memchr(b'\n', frame).map_or(frame.len(), |feed| feed + 1)
    };
    tap.observe(frame.get(..line).unwrap_or_default());
    if !tap.is_events() || tap.is_complete() {
        tap.observe(frame.get(line..).unwrap_or_default());
        return 0;
    }
    let (mut starts, mut count) = ([frame.len(); LAST_EVENTS + 1], 0);
    while count < LAST_EVENTS
        && let Some(start) = last_event(frame.get(..starts[count]).unwrap_or_default())
    {
        count += 1;
        starts[count] = start;
    }
    let (first, last) = (starts[count], starts[count.min(1)]);
    tap.observe(frame.get(line..first).unwrap_or_default());
    if tap.is_complete() {
        tap.observe(frame.get(first..).unwrap_or_default());
        return 0;
    }
    let mut end = None;
    for at in (0..count).rev() {
        let (start, next) = (starts[at + 1], starts[at]);
        tap.observe(frame.get(start..next).unwrap_or_default());
        if end.is_none() && tap.is_complete() {
            end = Some(start);
        }
    }
    end.unwrap_or(if count == 0 { 0 } else { last })
}

/// Where the last event begins, if a blank line before it ends another one.
fn last_event(frame: &[u8]) -> Option<usize> {
    let trailing = frame.iter().rev().take_while(|byte| is_line_end(**byte));
    let mut end = frame.len() - trailing.count();
    // From line to line, backwards.
    while let Some(feed) = memrchr(b'\n', frame.get(..end)?) {
        let before = frame.get(..feed)?;
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        if before.last() == Some(&b'\n') {
            return Some(feed + 1);
        }
        end = feed;
    }
    None
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use metering::Protocol;

    use super::*;

    const TEXT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    const USAGE: &str =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";
    const DONE: &str = "data: [DONE]\n\n";

    fn tap() -> Tap {
        Tap::new(Protocol::OpenaiChat, "text/event-stream", "")
    }

    /// The part that may leave immediately, and whether the frame completes the answer.
    fn before_end(frame: &str) -> (String, bool) {
        let mut tap = tap();
        let end = observe_events(&mut tap, frame.as_bytes());
        let mut whole = self::tap();
        whole.observe(frame.as_bytes());
        let is_complete = tap.is_complete();
        assert_eq!(tap.finish(), whole.finish());
        (frame[..end].to_owned(), is_complete)
    }

    #[test]
    fn events_before_the_completing_one_may_leave() {
        let text = TEXT.repeat(5);
        for end in [
            format!("{USAGE}{DONE}"),
            USAGE.to_owned(),
            format!("{USAGE}: comment\n\n{DONE}"),
        ] {
            let before = format!("{text}{FINISH}");
            assert_eq!(
                before_end(&format!("{before}{end}")),
                (before, true),
                "{end}"
            );
        }
    }

    #[test]
    fn line_ends_of_both_kinds_are_known() {
        let before = format!("{TEXT}{FINISH}").replace('\n', "\r\n");
        let end = format!("{USAGE}{DONE}").replace('\n', "\r\n");
        assert_eq!(before_end(&format!("{before}{end}")), (before, true));
    }

    #[test]
    fn an_event_of_several_lines_is_whole() {
        let event = format!("event: message\nid: 1\n{FINISH}");
        let frame = format!("{TEXT}{event}");
        assert_eq!(before_end(&frame), (TEXT.to_owned(), false));
    }

    #[test]
    fn a_frame_whose_end_is_not_found_waits_whole() {
        let late = format!("{FINISH}{USAGE}{}{DONE}", ": x\n\n".repeat(3));
        for (frame, is_complete) in [(USAGE, false), (TEXT, false), (late.as_str(), true)] {
            assert_eq!(before_end(frame), (String::new(), is_complete), "{frame}");
        }
        let mut document = Tap::new(Protocol::OpenaiChat, "application/json", "");
        assert_eq!(observe_events(&mut document, b"{\n\n\"a\":1}\n\n\n"), 0);
    }
}
