//! A client that sends the same request again and again without allocating.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use crate::engine::ANSWER_END;

/// How the body of each request ends.
pub(crate) const BODY_END: &[u8] = b"\"max_tokens\":500}";
const BODY: &str = "{\"model\":\"gpt-5\",\"messages\":[{\"role\":\"user\",\"content\":\"How long is the Nile?\"}],\"max_tokens\":500}";

pub(crate) struct Client {
    stream: TcpStream,
    request: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(server: SocketAddr, api_key: &str) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_nodelay(true).unwrap();
        let length = BODY.len();
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: {server}\r\nuser-agent: OpenAI/Python 2.8.1\r\n\
             accept: application/json\r\nauthorization: Bearer {api_key}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{BODY}"
        );
        Self {
            stream,
            request: request.into_bytes(),
        }
    }

    /// Sends as many requests, one after the other, and reads their answers.
    pub(crate) fn send(&mut self, requests: u64) {
        let mut buffer = [0; 16 * 1024];
        for _ in 0..requests {
            self.stream.write_all(&self.request).unwrap();
            let mut length = 0;
            while !buffer[..length].ends_with(ANSWER_END) {
                let read = self.stream.read(&mut buffer[length..]).unwrap();
                assert!(read > 0, "the server closed the connection");
                length += read;
                let is_refused = length > 12 && !buffer.starts_with(b"HTTP/1.1 200");
                assert!(!is_refused, "{}", buffer[..length].escape_ascii());
            }
        }
    }
}
