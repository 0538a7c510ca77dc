//! A mail server without encryption, as one on the same machine.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::{Caller, code, soon};

/// Recipients that contain this are refused.
pub(crate) const REFUSED: &str = "refused";
const CREATE: &str = "mutation($input: CreateNotificationChannelInput!) {
    createNotificationChannel(input: $input) { channel { id } } }";

/// A mail server, which keeps what it received.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    mails: mpsc::UnboundedReceiver<String>,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, mails) = mpsc::unbounded_channel();
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, &sender).await;
            }
        });
        Self { address, mails }
    }

    /// The settings of an e-mail channel that sends through it.
    pub(crate) fn channel(&self) -> Value {
        json!({ "email": { "host": "127.0.0.1", "port": self.address.port(), "security": "NONE",
            "from": "ProxyPal <proxypal@example.org>", "to": ["ada@example.org"] } })
    }

    /// Creates an e-mail channel that sends through it; its id.
    pub(crate) async fn create_channel(&self, admin: &Caller, name: &str) -> Value {
        let input = json!({ "input": { "name": name, "settings": self.channel() } });
        let created = admin.ask_with(CREATE, input).await;
        assert_eq!(code(&created), "", "{created}");
        created["data"]["createNotificationChannel"]["channel"]["id"].clone()
    }

    /// The next message with its headers.
    pub(crate) async fn next(&mut self) -> String {
        soon("a mail", self.mails.recv()).await.unwrap()
    }

    /// The messages that were received and not read yet.
    pub(crate) fn received(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.mails.try_recv().ok()).collect()
    }
}

/// The code in a message.
pub(crate) fn code_in(mail: &str) -> String {
    let line = mail.lines().find_map(|line| line.strip_prefix("Code: "));
    line.unwrap_or_else(|| panic!("{mail}")).to_owned()
}

async fn serve(mut stream: TcpStream, mails: &mpsc::UnboundedSender<String>) {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test ESMTP\r\n").await.unwrap();
    let (mut mail, mut in_data) = (String::new(), false);
    while let Ok(Some(line)) = lines.next_line().await {
        if in_data {
            if line == "." {
                in_data = false;
                let _ = mails.send(std::mem::take(&mut mail));
                write.write_all(b"250 taken\r\n").await.unwrap();
            } else {
                mail.push_str(&line);
                mail.push('\n');
            }
            continue;
        }
        in_data = line == "DATA";
        let reply = match line.as_str() {
            "DATA" => "354 go on\r\n".to_owned(),
            "QUIT" => "221 bye\r\n".to_owned(),
            _ if line.contains(REFUSED) => format!("550 no mailbox: {line}\r\n"),
            _ => "250 ok\r\n".to_owned(),
        };
        if write.write_all(reply.as_bytes()).await.is_err() {
            break;
        }
    }
}
