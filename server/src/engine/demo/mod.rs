//! demo stub
use super::calls::Calls;
use super::face::Face;
use super::options::EngineContext;
use super::supervisor::Ending;
pub(super) async fn live(
    _context: &EngineContext,
    _face: &Face,
    _notice: Option<String>,
    _calls: &mut Calls,
) -> Ending {
    Ending::Unable("soon".to_owned())
}
