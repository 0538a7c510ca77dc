//! Which containers are open, one bit each.

use super::sink::Container;

/// As deep as a document may nest; `serde_json` stops at 128.
const DEEPEST: usize = 256;

const BITS: usize = u64::BITS as usize;

/// The open containers, outermost first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Nesting {
    objects: [u64; DEEPEST / BITS],
    depth: usize,
}

impl Nesting {
    /// Enters a container; false when it is too deep.
    pub(super) fn open(&mut self, container: Container) -> bool {
        let Some(word) = self.objects.get_mut(self.depth / BITS) else {
            return false;
        };
        let bit = 1 << (self.depth % BITS);
        match container {
            Container::Object => *word |= bit,
            Container::Array => *word &= !bit,
        }
        self.depth += 1;
        true
    }

    /// Leaves the innermost container.
    pub(super) fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The container that the next byte belongs to, if any is open.
    pub(super) fn innermost(&self) -> Option<Container> {
        let index = self.depth.checked_sub(1)?;
        let word = self.objects.get(index / BITS)?;
        if word & (1 << (index % BITS)) == 0 {
            Some(Container::Array)
        } else {
            Some(Container::Object)
        }
    }
}
