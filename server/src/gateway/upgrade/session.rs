//! A pair of joined sockets: messages pass in both directions concurrently, so that a slow reader on one side cannot block the
//! other direction.

use std::{future::pending, sync::Arc, time::Duration};

use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{ClientSocket, EngineSocket, Sockets, arriving::Arriving, turn::Turns};
use crate::gateway::{
    context::RequestContext,
    dialect::{GatewayError, in_socket_error},
    meter::RequestEnd,
    wait::ClientEnd,
};

/// How long a close frame may take to be sent.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) struct SocketSession {
    sockets: Arc<Sockets>,
    context: Arc<RequestContext>,
    turns: Turns,
    arriving: Arriving,
}

/// Why a session ended.
#[derive(Debug)]
enum SessionEnd {
    /// With its close frame.
    ClientLeft(Option<CloseFrame>),
    /// It sent too slowly or too much, or nothing for too long.
    ClientStopped(CloseFrame),
    EngineLeft,
    /// With the refusal of the turn that found it out, which the client gets first.
    Revoked(Option<Message>),
    Stopping,
}

impl SocketSession {
    pub(super) fn new(
        sockets: Arc<Sockets>,
        context: Arc<RequestContext>,
        turns: Turns,
        arriving: Arriving,
    ) -> Self {
        Self {
            sockets,
            context,
            turns,
            arriving,
        }
    }

    /// Passes messages until one side leaves, the key is revoked or the server stops.
    pub(super) async fn run(self, client: ClientSocket, engine: EngineSocket) {
        let (mut to_client, from_client) = client.split();
        let (mut to_engine, mut from_engine) = engine.split();
        let (errors, mut refusals) = tokio::sync::mpsc::channel(1);
        let end = tokio::select! {
            end = self.upstream(from_client, &mut to_engine, errors) => end,
            end = self.downstream(&mut from_engine, &mut to_client, &mut refusals) => end,
            () = self.context.caller.revoked().cancelled() => SessionEnd::Revoked(None),
            () = self.sockets.deadline.cancelled() => SessionEnd::Stopping,
        };
        let mut close_frame = None;
        match end {
            SessionEnd::ClientLeft(frame) => {
                close_frame = frame;
                self.turns.client_left();
                // The engine's socket stays open: closed, it would end the turn without reporting usage.
                tokio::join!(answer_close(to_client), self.drain(&mut from_engine));
                self.turns.end(RequestEnd::ClientGone);
            }
            SessionEnd::ClientStopped(frame) => {
                self.turns.client_left();
                let closing = close(&mut to_client, frame);
                tokio::join!(closing, self.drain(&mut from_engine));
                self.turns.end(RequestEnd::ClientGone);
            }
            SessionEnd::EngineLeft => self.turns.end(RequestEnd::Failed("engine_failed")),
            SessionEnd::Revoked(refusal) => {
                self.turns.end(RequestEnd::Interrupted("revoked"));
                if let Some(refusal) = refusal {
                    let _ = timeout(CLOSE_TIMEOUT, to_client.send(refusal)).await;
                }
                let frame = frame(CloseCode::Policy, "the key is no longer valid here");
                close(&mut to_client, frame).await;
            }
            SessionEnd::Stopping => {
                self.turns.end(RequestEnd::Interrupted("stopping"));
                let frame = frame(CloseCode::Restart, "the server is stopping");
                close(&mut to_client, frame).await;
            }
        }
        let close_frame = close_frame.unwrap_or_else(|| frame(CloseCode::Normal, ""));
        close(&mut to_engine, close_frame).await;
    }

    /// From the client to the engine.
    async fn upstream(
        &self,
        mut from_client: SplitStream<ClientSocket>,
        to_engine: &mut SplitSink<EngineSocket, Message>,
        refusals: tokio::sync::mpsc::Sender<Message>,
    ) -> SessionEnd {
        let mut read_ahead = None;
        loop {
            let next = match read_ahead.take() {
                Some(next) => next,
                None => self.next(&mut from_client).await,
            };
            let message = match next {
                Ok(message) => message,
                Err(end) => return end,
            };
            // Until the message is sent to the engine.
            let _memory = self.arriving.finish();
            if let Message::Text(_) | Message::Binary(_) = &message
                && let Err(error) = self
                    .begin(message.clone(), &mut from_client, &mut read_ahead)
                    .await
            {
                if let Some(Err(end)) = read_ahead {
                    return end;
                }
                self.sockets.metrics.refused(&error);
                let now = self.sockets.clock.now();
                let refusal = in_socket_error(self.context.recipient, &error, now);
                let refusal = Message::text(refusal);
                if let GatewayError::UnknownKey | GatewayError::KeyProblem(_) = error {
                    return SessionEnd::Revoked(Some(refusal));
                }
                let _ = refusals.send(refusal).await;
                if error == GatewayError::SocketElsewhere {
                    let frame = frame(CloseCode::Again, "open another socket for this model");
                    return SessionEnd::ClientStopped(frame);
                }
                continue;
            }
            if matches!(message, Message::Frame(_)) {
                continue;
            }
            if let Message::Close(frame) = message {
                return SessionEnd::ClientLeft(frame);
            }
            if to_engine.send(message).await.is_err() {
                // The other direction finds out why.
                return pending().await;
            }
        }
    }

    /// Begins a turn. While it waits for that, one more message is read, which shows whether the client is still there.
    async fn begin(
        &self,
        message: Message,
        from_client: &mut SplitStream<ClientSocket>,
        read_ahead: &mut Option<Result<Message, SessionEnd>>,
    ) -> Result<(), GatewayError> {
        let client = async {
            let next = match self.next(from_client).await {
                Ok(Message::Close(frame)) => Err(SessionEnd::ClientLeft(frame)),
                next => next,
            };
            let has_left = next.is_err();
            *read_ahead = Some(next);
            if has_left {
                return ClientEnd::Left;
            }
            pending().await
        };
        self.turns.begin(&message.into_data(), client).await
    }

    /// The next message that is no ping or pong.
    async fn next(
        &self,
        from_client: &mut SplitStream<ClientSocket>,
    ) -> Result<Message, SessionEnd> {
        let idle = self.sockets.deadlines.socket_idle;
        loop {
            match timeout(idle, from_client.next()).await {
                Ok(Some(Ok(Message::Ping(payload) | Message::Pong(payload)))) => {
                    self.arriving.finish_control(payload.len());
                }
                Ok(Some(Ok(message))) => return Ok(message),
                Ok(Some(Err(_)) | None) => {
                    let error = self.arriving.error();
                    return Err(error.map_or(SessionEnd::ClientLeft(None), |error| stopped(&error)));
                }
                // A client that waits for an answer may be idle.
                Err(_) if self.turns.is_open() => {}
                Err(_) => {
                    let frame = frame(CloseCode::Away, "the socket was idle for too long");
                    return Err(SessionEnd::ClientStopped(frame));
                }
            }
        }
    }

    /// From the engine to the client, and the gateway's own refusals between the engine's messages.
    async fn downstream(
        &self,
        from_engine: &mut SplitStream<EngineSocket>,
        to_client: &mut SplitSink<ClientSocket, Message>,
        refusals: &mut tokio::sync::mpsc::Receiver<Message>,
    ) -> SessionEnd {
        loop {
            let message = tokio::select! {
                message = from_engine.next() => message,
                Some(refusal) = refusals.recv() => {
                    // A refusal is no answer to a turn.
                    if to_client.send(refusal).await.is_err() {
                        return SessionEnd::ClientLeft(None);
                    }
                    continue;
                }
            };
            let Some(Ok(message)) = message else {
                let frame = frame(CloseCode::Away, "the engine closed the connection");
                close(to_client, frame).await;
                return SessionEnd::EngineLeft;
            };
            if matches!(
                message,
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_)
            ) {
                continue;
            }
            let mut ended = match &message {
                Message::Text(text) => {
                    self.sockets.levels.observe(self.context.id, text);
                    self.turns.observe(text.as_bytes())
                }
                Message::Binary(data) => self.turns.observe(data),
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => None,
            };
            let is_close = message.is_close();
            if let Some(receipt) = &mut ended {
                // The client may disconnect as soon as it has the message; the turn is complete then.
                receipt.end(RequestEnd::Whole);
                receipt.note_end().await;
            }
            let delivered = to_client.send(message).await.is_ok();
            if let Some(mut receipt) = ended
                && !delivered
            {
                receipt.end(RequestEnd::ClientGone);
            }
            match (delivered, is_close) {
                (false, _) => return SessionEnd::ClientLeft(None),
                (true, true) => return SessionEnd::EngineLeft,
                (true, false) => {}
            }
        }
    }

    /// Reads the answers of open turns to their ends, although the client has left.
    async fn drain(&self, from_engine: &mut SplitStream<EngineSocket>) {
        let sockets = &self.sockets;
        let settings = sockets.settings.current().gateway.clone();
        if !self.turns.is_open() {
            return;
        }
        let Some(_slot) = sockets.drainer.slot(&settings) else {
            return;
        };
        let reading = async {
            let mut read = 0;
            while self.turns.is_open() && read <= settings.drain_bytes {
                let Some(Ok(message)) = from_engine.next().await else {
                    return;
                };
                let data = message.into_data();
                read += data.len() as u64;
                // A dropped receipt is recorded as "client gone".
                drop(self.turns.observe(&data));
            }
        };
        let _ = sockets
            .deadline
            .run_until_cancelled(timeout(settings.drain_time(), reading))
            .await;
    }
}

/// How a socket is closed whose client sends too slowly or too much.
fn stopped(error: &GatewayError) -> SessionEnd {
    SessionEnd::ClientStopped(if *error == GatewayError::BodyTooSlow {
        frame(CloseCode::Policy, "a message arrived too slowly")
    } else {
        frame(CloseCode::Again, "too much of unfinished messages is held")
    })
}

fn frame(code: CloseCode, reason: &'static str) -> CloseFrame {
    CloseFrame {
        code,
        reason: reason.into(),
    }
}

/// Ignores a peer that is gone, and does not wait for one that does not read.
async fn close<S>(socket: &mut SplitSink<WebSocketStream<S>, Message>, frame: CloseFrame)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let _ = timeout(CLOSE_TIMEOUT, socket.send(Message::Close(Some(frame)))).await;
}

/// Sends the answer to a close frame, which the socket has prepared, and disconnects.
async fn answer_close(mut socket: SplitSink<ClientSocket, Message>) {
    let _ = timeout(CLOSE_TIMEOUT, socket.flush()).await;
}
