//! Two sockets joined: what comes from one goes to the other, in both directions at once, so that a
//! slow reader on one side cannot lock the other.

use std::{future::pending, time::Duration};

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

use super::{ClientSocket, EngineSocket, arriving::Arriving, turn::Turns};
use crate::gateway::{
    dialect::{GatewayError, in_socket_error},
    meter::RequestEnd,
    serve::RequestContext,
};

/// How long one side may take to hear that the other is gone.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// One joined pair of sockets.
pub(super) struct SocketSession {
    pass: RequestContext,
    turns: Turns,
    arriving: Arriving,
}

/// Why the joining ended.
#[derive(Debug)]
enum Cause {
    /// With the frame in which it said why.
    ClientLeft(Option<CloseFrame>),
    /// It sends too slowly or too much, or nothing for very long.
    ClientStopped(CloseFrame),
    EngineLeft,
    Revoked,
    Stopping,
}

impl SocketSession {
    pub(super) fn new(pass: RequestContext, turns: Turns, arriving: Arriving) -> Self {
        Self {
            pass,
            turns,
            arriving,
        }
    }

    /// Passes messages until one side leaves, the key dies or the server stops.
    pub(super) async fn run(self, client: ClientSocket, engine: EngineSocket) {
        let (mut to_client, from_client) = client.split();
        let (mut to_engine, mut from_engine) = engine.split();
        let (errors, mut refusals) = tokio::sync::mpsc::channel(1);
        let cause = tokio::select! {
            cause = self.upstream(from_client, &mut to_engine, errors) => cause,
            cause = self.downstream(&mut from_engine, &mut to_client, &mut refusals) => cause,
            () = self.pass.caller.revoked().cancelled() => Cause::Revoked,
            () = self.pass.gateway.0.deadline.cancelled() => Cause::Stopping,
        };
        let mut farewell = None;
        match cause {
            Cause::ClientLeft(frame) => {
                farewell = frame;
                self.turns.client_left();
                // The engine is not told yet: it would end the turn, and keep its usage to itself.
                tokio::join!(answer_close(to_client), self.drain(&mut from_engine));
                self.turns.end(RequestEnd::ClientGone);
            }
            Cause::ClientStopped(frame) => {
                self.turns.client_left();
                let closing = close(&mut to_client, frame);
                tokio::join!(closing, self.drain(&mut from_engine));
                self.turns.end(RequestEnd::ClientGone);
            }
            Cause::EngineLeft => self.turns.end(RequestEnd::Failed("engine_failed")),
            Cause::Revoked => {
                self.turns.end(RequestEnd::Interrupted("revoked"));
                let frame = frame(CloseCode::Policy, "the key was revoked");
                close(&mut to_client, frame).await;
            }
            Cause::Stopping => {
                self.turns.end(RequestEnd::Interrupted("stopping"));
                let frame = frame(CloseCode::Restart, "the server is stopping");
                close(&mut to_client, frame).await;
            }
        }
        let farewell = farewell.unwrap_or_else(|| frame(CloseCode::Normal, ""));
        close(&mut to_engine, farewell).await;
    }

    /// From the client to the engine.
    async fn upstream(
        &self,
        mut from_client: SplitStream<ClientSocket>,
        to_engine: &mut SplitSink<EngineSocket, Message>,
        refusals: tokio::sync::mpsc::Sender<Message>,
    ) -> Cause {
        loop {
            let message = match self.next(&mut from_client).await {
                Ok(message) => message,
                Err(cause) => return cause,
            };
            if let Message::Ping(payload) | Message::Pong(payload) = &message {
                self.arriving.finish_control(payload.len());
                continue;
            }
            // Until it has gone on to the engine.
            let _memory = self.arriving.finish();
            if let Message::Text(_) | Message::Binary(_) = &message
                && let Err(fault) = self.turns.begin(&message.clone().into_data()).await
            {
                self.pass.gateway.0.metrics.refused(&fault);
                let revoked = matches!(
                    fault,
                    GatewayError::UnknownKey | GatewayError::KeyProblem(_)
                );
                let _ = refusals.send(Message::text(in_socket_error(&fault))).await;
                if revoked {
                    return Cause::Revoked;
                }
                continue;
            }
            // Each side answers pings of its own.
            if matches!(message, Message::Frame(_)) {
                continue;
            }
            if let Message::Close(frame) = message {
                return Cause::ClientLeft(frame);
            }
            if to_engine.send(message).await.is_err() {
                // The other direction learns why.
                return pending().await;
            }
        }
    }

    /// The next message of the client, or why there is none.
    async fn next(&self, from_client: &mut SplitStream<ClientSocket>) -> Result<Message, Cause> {
        let idle = self.pass.gateway.0.deadlines.socket_idle;
        loop {
            match timeout(idle, from_client.next()).await {
                Ok(Some(Ok(message))) => return Ok(message),
                Ok(Some(Err(_)) | None) => {
                    let fault = self.arriving.fault();
                    return Err(fault.map_or(Cause::ClientLeft(None), |fault| stopped(&fault)));
                }
                // While it is answered, a client need not say anything.
                Err(_) if self.turns.is_open() => {}
                Err(_) => {
                    let frame = frame(CloseCode::Away, "the socket was idle for too long");
                    return Err(Cause::ClientStopped(frame));
                }
            }
        }
    }

    /// From the engine to the client, and our own refusals between the engine's messages.
    async fn downstream(
        &self,
        from_engine: &mut SplitStream<EngineSocket>,
        to_client: &mut SplitSink<ClientSocket, Message>,
        refusals: &mut tokio::sync::mpsc::Receiver<Message>,
    ) -> Cause {
        loop {
            let message = tokio::select! {
                message = from_engine.next() => message,
                Some(refusal) = refusals.recv() => {
                    // Our own word is no news of a turn.
                    if to_client.send(refusal).await.is_err() {
                        return Cause::ClientLeft(None);
                    }
                    continue;
                }
            };
            let Some(Ok(message)) = message else {
                let frame = frame(CloseCode::Away, "the engine closed the connection");
                close(to_client, frame).await;
                return Cause::EngineLeft;
            };
            if matches!(
                message,
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_)
            ) {
                continue;
            }
            let mut ended = match &message {
                Message::Text(text) => self.turns.observe(text.as_bytes()),
                Message::Binary(data) => self.turns.observe(data),
                Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => None,
            };
            let leaves = message.is_close();
            if let Some(receipt) = &mut ended {
                // The client may disconnect as soon as it has the message: the turn is complete then.
                receipt.end(RequestEnd::Whole);
                receipt.note_end().await;
            }
            let delivered = to_client.send(message).await.is_ok();
            if let Some(mut receipt) = ended
                && !delivered
            {
                receipt.end(RequestEnd::ClientGone);
            }
            match (delivered, leaves) {
                (false, _) => return Cause::ClientLeft(None),
                (true, true) => return Cause::EngineLeft,
                (true, false) => {}
            }
        }
    }

    /// Reads on to the ends of the turns whose client left.
    async fn drain(&self, from_engine: &mut SplitStream<EngineSocket>) {
        let gateway = &self.pass.gateway.0;
        let settings = gateway.settings.current().gateway.clone();
        if !self.turns.is_open() {
            return;
        }
        let Some(_slot) = gateway.drainer.slot(&settings) else {
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
                // Dropped with its default end: the client is gone.
                drop(self.turns.observe(&data));
            }
        };
        let _ = gateway
            .deadline
            .run_until_cancelled(timeout(settings.drain_time(), reading))
            .await;
    }
}

/// How a socket is closed whose client sends too slowly or too much.
fn stopped(fault: &GatewayError) -> Cause {
    Cause::ClientStopped(if *fault == GatewayError::BodyTooSlow {
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

/// Whoever is gone need not be told, and whoever does not read is not waited for.
async fn close<S>(socket: &mut SplitSink<WebSocketStream<S>, Message>, frame: CloseFrame)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let _ = timeout(CLOSE_TIMEOUT, socket.send(Message::Close(Some(frame)))).await;
}

/// Sends the answer to a close, which the socket has prepared, and hangs up.
async fn answer_close(mut socket: SplitSink<ClientSocket, Message>) {
    let _ = timeout(CLOSE_TIMEOUT, socket.flush()).await;
}
