//! An engine that answers without allocating.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use crate::client::BODY_END;

/// How the body of each answer ends.
pub(crate) const ANSWER_END: &[u8] = b"\"reasoning_tokens\":3}}}";

/// Serves on a socket of its own until the test ends.
pub(crate) fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    address
}

/// Answers until the connection is closed.
fn serve(mut stream: TcpStream) {
    let (chat, models) = (chat(), answer("{\"object\":\"list\",\"data\":[]}"));
    let mut buffer = [0; 16 * 1024];
    let mut length = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer[length..]) {
        length += read;
        let request = &buffer[..length];
        let answer = if request.starts_with(b"GET ") && request.ends_with(b"\r\n\r\n") {
            &models
        } else if request.ends_with(BODY_END) {
            &chat
        } else {
            continue;
        };
        length = 0;
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

fn chat() -> Vec<u8> {
    let text = "x".repeat(700);
    answer(&format!(
        "{{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"gpt-5\",\
         \"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}],\
         \"usage\":{{\"prompt_tokens\":30,\"completion_tokens\":200,\"total_tokens\":230,\
         \"prompt_tokens_details\":{{\"cached_tokens\":4}},\"completion_tokens_details\":{{\"reasoning_tokens\":3}}}}}}"
    ))
}

fn answer(body: &str) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}");
    format!("{head}\r\n\r\n{body}").into_bytes()
}
