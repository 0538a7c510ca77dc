//! Properties of `http1` for every answer of a server, with hyper's client as the oracle. A target panics where one does not hold.

use std::{
    collections::VecDeque,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt as _, Empty};
use http1::{HeadReader, Http1Error};
use hyper::{
    body::Incoming,
    client::conn::http1::handshake,
    ext::ReasonPhrase,
    rt::{Read, ReadBufCursor, Write},
};

const METHODS: [Method; 3] = [Method::POST, Method::GET, Method::HEAD];
/// Polls without a result after which hyper has done all that it can: it may read one piece with each.
const IDLE_POLLS: usize = 8;

/// The result of reading an answer.
#[derive(Debug, Default)]
pub struct Reading {
    head: Option<(StatusCode, Version, HeaderMap, Option<Vec<u8>>)>,
    body: Vec<u8>,
    is_whole: bool,
    /// Whether the connection can be used for another request.
    is_reusable: bool,
    /// Why ours did not read on.
    error: Option<Http1Error>,
}

/// How the readings of one answer differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    None,
    /// hyper accepts the answer.
    Stricter(Http1Error),
}

/// Three bytes choose the method, the pieces, and whether the server closes the connection; the rest is the answer.
pub fn http1_answers(data: &[u8]) {
    let [method, cuts, closes, answer @ ..] = data else {
        return;
    };
    let method = &METHODS[usize::from(*method) % METHODS.len()];
    let closes = closes % 2 == 0;
    let mut rest = answer;
    let mut length = usize::from(*cuts);
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        length = length.wrapping_mul(5).wrapping_add(3) % 61;
        let (piece, tail) = rest.split_at(length.clamp(1, rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    compare(method, &pieces, closes);
}

/// An answer is read the same in one piece and in many, and as hyper reads it or more strictly.
pub fn compare(method: &Method, pieces: &[&[u8]], closes: bool) -> Difference {
    let whole = pieces.concat();
    let ours = read(method, pieces, closes);
    let in_one = read(method, &[&whole], closes);
    assert_eq!(ours.head, in_one.head);
    assert_eq!(
        (&ours.error, ours.is_whole),
        (&in_one.error, in_one.is_whole)
    );
    assert_eq!(ours.body, in_one.body);
    let theirs = read_by_hyper(method, pieces, closes);
    if ours.head.is_some() {
        assert_eq!(ours.head, theirs.head);
        let common = ours.body.len().min(theirs.body.len());
        assert_eq!(ours.body[..common], theirs.body[..common]);
    }
    if ours.is_whole {
        assert_eq!((theirs.is_whole, &theirs.body), (true, &ours.body));
    }
    // hyper may learn in time that the server has sent more, but need not.
    assert!(
        theirs.is_reusable || !ours.is_reusable,
        "{ours:?} {theirs:?}"
    );
    let Some(error) = ours.error else {
        assert_eq!((ours.is_whole, ours.head), (theirs.is_whole, theirs.head));
        return Difference::None;
    };
    if !theirs.is_whole {
        return Difference::None;
    }
    assert!(is_our_rule(&error), "only ours refuses it: {error}");
    Difference::Stricter(error)
}

/// What is refused here and accepted by hyper.
fn is_our_rule(error: &Http1Error) -> bool {
    match error {
        Http1Error::NotHttp
        | Http1Error::HeadTooLarge
        | Http1Error::TooManyInterimHeads
        | Http1Error::UnexpectedUpgrade
        | Http1Error::AmbiguousLength
        | Http1Error::AmbiguousCoding
        | Http1Error::MalformedChunk
        | Http1Error::ExtensionsTooLarge
        | Http1Error::InvalidTrailers => true,
        Http1Error::MalformedHead(_)
        | Http1Error::MalformedHeader
        | Http1Error::Incomplete
        | Http1Error::UploadTooLong
        | Http1Error::UploadTooShort => false,
    }
}

fn read(method: &Method, pieces: &[&[u8]], closes: bool) -> Reading {
    let mut reading = Reading::default();
    if let Err(error) = read_into(&mut reading, method, pieces, closes) {
        reading.error = Some(error);
    }
    reading
}

fn read_into(
    reading: &mut Reading,
    method: &Method,
    pieces: &[&[u8]],
    closes: bool,
) -> Result<(), Http1Error> {
    let (mut heads, mut buffer) = (HeadReader::new(method, HeaderMap::new()), BytesMut::new());
    let mut body = None;
    let mut is_persistent = false;
    for piece in pieces {
        buffer.extend_from_slice(piece);
        if body.is_none()
            && let Some(head) = heads.read(&mut buffer)?
        {
            let reason = head.reason.map(|reason| reason.to_vec());
            reading.head = Some((head.status, head.version, head.headers, reason));
            body = Some(head.body);
            is_persistent = head.is_persistent;
        }
        if let Some(body) = &mut body {
            while let Some(data) = body.decode(&mut buffer)? {
                reading.body.extend_from_slice(&data);
            }
        }
    }
    let Some(mut body) = body else {
        return if closes {
            Err(Http1Error::Incomplete)
        } else {
            Ok(())
        };
    };
    reading.is_reusable = body.is_ended() && is_persistent && buffer.is_empty() && !closes;
    if closes {
        body.close()?;
    }
    reading.is_whole = body.is_ended();
    Ok(())
}

/// A server that sends an answer once it has received something.
struct Server {
    pieces: VecDeque<Vec<u8>>,
    is_asked: bool,
    closes: bool,
}

impl Read for Server {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.is_asked {
            return Poll::Pending;
        }
        let Some(mut piece) = self.pieces.pop_front() else {
            return if self.closes {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            };
        };
        let rest = piece.split_off(piece.len().min(buffer.remaining()));
        buffer.put_slice(&piece);
        if !rest.is_empty() {
            self.pieces.push_front(rest);
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for Server {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_asked = true;
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn read_by_hyper(method: &Method, pieces: &[&[u8]], closes: bool) -> Reading {
    let mut reading = Reading::default();
    let server = Server {
        pieces: pieces.iter().map(|piece| piece.to_vec()).collect(),
        is_asked: false,
        closes,
    };
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Ok((mut sender, connection))) = pin!(handshake(server)).poll(cx) else {
        unreachable!("a handshake of HTTP/1 sends nothing")
    };
    let mut connection = pin!(connection);
    let request = Request::builder().method(method).uri("/");
    let Ok(request) = request.body(Empty::<Bytes>::new()) else {
        unreachable!("the request is valid")
    };
    let mut answer = Box::pin(sender.send_request(request));
    let mut body: Option<Incoming> = None;
    let mut is_open = true;
    let mut idle_polls = 0;
    while idle_polls < pieces.len() + IDLE_POLLS {
        is_open = is_open && connection.as_mut().poll(cx).is_pending();
        if let Some(body) = &mut body {
            match pin!(body.frame()).poll(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    reading.body.extend(frame.into_data().unwrap_or_default());
                }
                Poll::Ready(Some(Err(_))) => return reading,
                Poll::Ready(None) => {
                    reading.is_whole = true;
                    break;
                }
                Poll::Pending => idle_polls += 1,
            }
            continue;
        }
        match answer.as_mut().poll(cx) {
            Poll::Ready(Ok(response)) => body = Some(head(&mut reading, response)),
            Poll::Ready(Err(_)) => return reading,
            Poll::Pending => idle_polls += 1,
        }
    }
    drop(answer);
    reading.is_reusable = is_open && connection.as_mut().poll(cx).is_pending() && sender.is_ready();
    reading
}

fn head(reading: &mut Reading, response: Response<Incoming>) -> Incoming {
    let (head, body) = response.into_parts();
    let reason = head.extensions.get::<ReasonPhrase>();
    let reason = reason.map(|reason| reason.as_bytes().to_vec());
    reading.head = Some((head.status, head.version, head.headers, reason));
    body
}
