//! Reads the requested model and the output bound from a body. A plain body is read until they are known, and scanned to its
//! end while it is forwarded; a compressed one is read whole.

#[cfg(test)]
mod tests;

use axum::{
    body::Body,
    http::{HeaderMap, header::CONTENT_LENGTH},
};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use metering::{
    BodyForm, BodyKind, Bound, BoundForm, DecompressionError, FormError, ModelScanner,
    RequestedTier, ScanResult,
};

use super::{
    body::{BufferedBody, Upload, UploadWatch},
    dialect::GatewayError,
    memory::{MemoryPermit, UserMemory},
    route::{ModelSource, Route},
};
use crate::deadlines::is_too_slow;

/// The most that a decompressor keeps of its output, in bytes.
const WINDOW: u64 = 8 * 1024 * 1024;
/// The longest video that the engine orders, in seconds (read in 7.2.140).
const MAX_VIDEO_SECONDS: u64 = 15;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ModelRequest {
    pub(super) model: RequestedModel,
    /// As far as the body was read.
    pub(super) bound: Bound,
    /// As far as the body was read.
    pub(super) tier: RequestedTier,
    /// Bytes that the engine will read, decompressed; `None` while neither declared nor read to the end.
    pub(super) body_bytes: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RequestedModel {
    Named(String),
    /// The request should name one, and does not.
    Missing,
    /// The body can be read in two ways.
    Ambiguous,
    /// The endpoint has no model.
    NotNeeded,
}

impl RequestedModel {
    /// The name, if it is certain.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Missing | Self::Ambiguous | Self::NotNeeded => None,
        }
    }
}

impl From<ScanResult> for RequestedModel {
    fn from(result: ScanResult) -> Self {
        match result {
            ScanResult::Found(name) => Self::Named(name),
            ScanResult::Absent => Self::Missing,
            ScanResult::NeedMore | ScanResult::Ambiguous => Self::Ambiguous,
        }
    }
}

/// Why a model could not be read.
#[derive(Debug)]
pub(super) enum ReadError {
    Refused(GatewayError),
    /// The client left while it was sending.
    ClientGone,
}

impl From<GatewayError> for ReadError {
    fn from(error: GatewayError) -> Self {
        Self::Refused(error)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ReadLimits<'a> {
    /// Of the body as it arrives, and of its decompressed size.
    pub(super) max_body_bytes: u64,
    pub(super) memory: &'a UserMemory,
    /// Whether the caller may use certain models only, or has other limits that depend on the model.
    pub(super) is_restricted: bool,
    /// Whether to read on for the output bound when the model is known.
    pub(super) needs_bound: bool,
}

/// Reads until the model is known, and the output bound if it is needed: the bound is certain when the JSON is complete, since a
/// later member may raise it. The upload that is returned begins with what was read. The headers are those that will be
/// forwarded.
pub(super) async fn read(
    route: &Route,
    headers: &HeaderMap,
    body: Body,
    limits: ReadLimits<'_>,
) -> Result<(ModelRequest, Upload), ReadError> {
    let limit = limits.max_body_bytes;
    let declared = declared_length(headers);
    if declared.is_some_and(|length| length > limit) {
        return Err(GatewayError::BodyTooLarge { limit }.into());
    }
    // The answer to an order of a video may not repeat its length.
    let needs_bound = limits.needs_bound || route.bound == BoundForm::Videos;
    let limits = ReadLimits {
        needs_bound,
        ..limits
    };
    let mut reading = ModelReading {
        body,
        held: BufferedBody::default(),
        has_ended: false,
        opened: Vec::new(),
        opened_bytes: 0,
        limits,
    };
    let (model, scanner) = match &route.model {
        ModelSource::Body(form) => {
            let mut scanner = scanner(route, *form, headers, limits)?;
            let result = reading.for_model(&mut scanner).await?;
            (result.into(), Some(scanner))
        }
        ModelSource::Path(model) => {
            let scanner = reading.for_bound(route, headers).await?;
            (RequestedModel::Named(model.clone()), Some(scanner))
        }
        ModelSource::Messages | ModelSource::Nowhere => (RequestedModel::NotNeeded, None),
    };
    let bound = with_video(route.bound, reading.bound(scanner.as_ref()));
    let tier = reading.tier(scanner.as_ref());
    let opened = scanner.as_ref().and_then(ModelScanner::decompressed_bytes);
    let asked = ModelRequest {
        model,
        bound,
        tier,
        body_bytes: opened.or(declared).or_else(|| reading.whole_length()),
    };
    let watch = scanner.and_then(|scanner| reading.watch(route, &asked, scanner));
    let ModelReading { body, held, .. } = reading;
    Ok((asked, Upload::resumed(held, body, limit, watch)))
}

/// A video has at most the longest length, and that one if the request names none.
fn with_video(form: BoundForm, mut bound: Bound) -> Bound {
    if form == BoundForm::Videos {
        let seconds = bound.video_seconds.unwrap_or(MAX_VIDEO_SECONDS);
        bound.video_seconds = Some(seconds.min(MAX_VIDEO_SECONDS));
    }
    bound
}

fn scanner(
    route: &Route,
    form: BodyForm,
    headers: &HeaderMap,
    limits: ReadLimits<'_>,
) -> Result<ModelScanner, GatewayError> {
    let kind = BodyKind {
        form,
        bound: route.bound,
        limit: limits.max_body_bytes,
        is_limited: limits.is_restricted,
    };
    ModelScanner::for_request(kind, headers).map_err(|error| match error {
        FormError::Encoding => GatewayError::UnsupportedEncoding,
        FormError::Headers => GatewayError::HeadersAmbiguous,
    })
}

struct ModelReading<'a> {
    body: Body,
    held: BufferedBody,
    has_ended: bool,
    /// The memory for decompressed output.
    opened: Vec<MemoryPermit>,
    opened_bytes: u64,
    limits: ReadLimits<'a>,
}

impl ModelReading<'_> {
    async fn for_model(&mut self, scanner: &mut ModelScanner) -> Result<ScanResult, ReadError> {
        loop {
            if !scanner.needs_whole() && !scanner.needs_more() && self.has_bound(scanner) {
                let is_over = self.body.is_end_stream();
                return Ok(if is_over {
                    scanner.finish()
                } else {
                    scanner.verdict()
                });
            }
            if !self.read_chunk(scanner).await? {
                return Ok(scanner.finish());
            }
        }
    }

    /// For a body that does not name the model.
    async fn for_bound(
        &mut self,
        route: &Route,
        headers: &HeaderMap,
    ) -> Result<ModelScanner, ReadError> {
        // Checks the headers even if the bound is not needed: the engine would read compressed bytes as JSON.
        let mut scanner = scanner(route, BodyForm::PlainJson, headers, self.limits)?;
        while !self.has_bound(&scanner) && self.read_chunk(&mut scanner).await? {}
        Ok(scanner)
    }

    /// Whether nothing more must be read for the bound.
    fn has_bound(&self, scanner: &ModelScanner) -> bool {
        !self.limits.needs_bound || scanner.is_bound_known()
    }

    /// If a limit depends on the bound, it counts only when the document is complete.
    fn bound(&self, scanner: Option<&ModelScanner>) -> Bound {
        let is_fit = |scanner: &&ModelScanner| !self.limits.needs_bound || scanner.is_whole();
        scanner
            .filter(is_fit)
            .map_or_else(Bound::default, ModelScanner::bound)
    }

    /// If a limit depends on the tier, a body that is not a complete document may ask for any.
    fn tier(&self, scanner: Option<&ModelScanner>) -> RequestedTier {
        let found = scanner.map(ModelScanner::requested_tier);
        let is_cut = scanner.is_some_and(|scanner| !scanner.is_whole());
        let mut tier = found.unwrap_or_default();
        tier.is_uncertain |= self.limits.needs_bound && is_cut;
        tier
    }

    /// The scanner for the rest of the body, if it must be scanned.
    fn watch(
        &self,
        route: &Route,
        asked: &ModelRequest,
        scanner: ModelScanner,
    ) -> Option<UploadWatch> {
        let names_model = matches!(route.model, ModelSource::Body(_))
            && matches!(asked.model, RequestedModel::Named(_))
            && (route.names_model || self.limits.is_restricted);
        // A request without a bound is refused by every limit that depends on one.
        let is_bounded = self.limits.needs_bound && asked.bound.max_output_tokens.is_some();
        let bound = is_bounded.then_some(asked.bound);
        let is_over = self.has_ended || scanner.needs_whole();
        // The body of a request whose path names the model may select a service tier.
        let selects_tier = route.is_metered && matches!(route.model, ModelSource::Path(_));
        (!is_over && (names_model || bound.is_some() || selects_tier))
            .then(|| UploadWatch::new(scanner, names_model, bound))
    }

    /// False at the end of the body.
    async fn read_chunk(&mut self, scanner: &mut ModelScanner) -> Result<bool, ReadError> {
        let frame = match self.body.frame().await {
            Some(Ok(frame)) => frame,
            Some(Err(error)) if is_too_slow(&error) => {
                return Err(ReadError::Refused(GatewayError::BodyTooSlow));
            }
            Some(Err(_)) => return Err(ReadError::ClientGone),
            None => {
                self.has_ended = true;
                return match scanner.error_at_end() {
                    Some(error) => Err(self.open_error(error).into()),
                    None => Ok(false),
                };
            }
        };
        if let Ok(data) = frame.into_data() {
            self.observe(scanner, &data).await?;
            self.held
                .push(self.limits.memory, data, self.limits.max_body_bytes)?;
        }
        Ok(true)
    }

    /// Scans a chunk in steps that yield to other tasks, however much the chunk decompresses to.
    async fn observe(
        &mut self,
        scanner: &mut ModelScanner,
        data: &[u8],
    ) -> Result<(), GatewayError> {
        let mut rest = data;
        loop {
            let step = scanner.observe_some(rest);
            if let Some(error) = scanner.error() {
                return Err(self.open_error(error));
            }
            self.hold_opened(scanner.decompressed_bytes())?;
            rest = rest.get(step.used..).unwrap_or_default();
            if step.is_done {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }

    /// Takes memory for the output that the decompressor keeps.
    fn hold_opened(&mut self, opened: Option<u64>) -> Result<(), GatewayError> {
        let kept = opened.unwrap_or(0).min(WINDOW);
        let more = kept.saturating_sub(self.opened_bytes);
        if more > 0 {
            let more = usize::try_from(more).unwrap_or(usize::MAX);
            self.opened.push(self.limits.memory.take(more)?);
            self.opened_bytes = kept;
        }
        Ok(())
    }

    fn open_error(&self, error: DecompressionError) -> GatewayError {
        match error {
            DecompressionError::TooLarge => GatewayError::BodyTooLarge {
                limit: self.limits.max_body_bytes,
            },
            DecompressionError::Unreadable => GatewayError::BodyUnreadable,
        }
    }

    /// The length of the body, if it has ended.
    fn whole_length(&self) -> Option<u64> {
        (self.has_ended || self.body.is_end_stream()).then(|| self.held.bytes())
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
