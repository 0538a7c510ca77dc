//! HTTP with nothing between the test and the bytes.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::soon;

/// A connection on which a test controls every byte.
pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads until the text was seen, which must be soon however much else arrives.
    pub(crate) async fn read_until(&mut self, text: &str) -> String {
        // In a box: it has room for a piece, and so would everything that waits for it.
        let found = Box::pin(self.find(text));
        soon(&format!("{text:?} in an answer"), found).await
    }

    async fn find(&mut self, text: &str) -> String {
        let mut seen = Vec::new();
        let mut piece = [0; 4096];
        while !String::from_utf8_lossy(&seen).contains(text) {
            let count = self.0.read(&mut piece).await.unwrap();
            assert!(
                count > 0,
                "the connection ended before {text:?}: {:?}",
                String::from_utf8_lossy(&seen)
            );
            seen.extend_from_slice(&piece[..count]);
        }
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// Reads to the end of the connection.
    pub(crate) async fn read_to_end(&mut self) -> Vec<u8> {
        let mut seen = Vec::new();
        // A reset is an end too.
        let _ = soon("the end", self.0.read_to_end(&mut seen)).await;
        seen
    }
}
