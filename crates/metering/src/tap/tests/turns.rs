//! The turns of a Responses WebSocket.

use super::super::TurnTap;

const CREATED: &[u8] = br#"{"type":"response.created","response":{"model":"gpt-5","usage":null}}"#;
const COMPLETED: &[u8] = br#"{"type":"response.completed","response":{"model":"gpt-5","usage":{"input_tokens":9,"output_tokens":4}}}"#;
const FAILED: &[u8] =
    br#"{"type":"error","status":429,"error":{"type":"usage_limit_reached","code":null}}"#;

#[test]
fn counts_each_turn_for_itself() {
    let mut tap = TurnTap::default();

    for _ in 0..2 {
        assert_eq!(tap.observe_event(CREATED), None);
        let turn = tap.observe_event(COMPLETED).unwrap();
        assert!(turn.ended);
        assert_eq!(turn.tokens.unwrap().input, 9);
        assert_eq!(turn.tokens.unwrap().output, 4);
    }

    assert_eq!(tap.finish().tokens, None);
}

#[test]
fn ends_a_turn_with_an_error() {
    let mut tap = TurnTap::default();

    let turn = tap.observe_event(FAILED).unwrap();

    assert!(!turn.ended);
    assert_eq!(turn.error_code.as_deref(), Some("usage_limit_reached"));
}

#[test]
fn survives_a_message_that_is_no_json() {
    let mut tap = TurnTap::default();

    assert_eq!(tap.observe_event(b"}{ nonsense"), None);

    assert!(tap.observe_event(COMPLETED).unwrap().ended);
}
