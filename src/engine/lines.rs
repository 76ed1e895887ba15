//! Arrays of numbers that begin at a cache line, so that no aligned register crosses one.

/// Bytes of a cache line.
const LINE: usize = 64;

/// Numbers in memory that is kept when they become fewer.
#[derive(Debug, Default)]
pub(super) struct Lines<E> {
    numbers: Vec<E>,
    /// Numbers before the first that counts.
    skip: usize,
    len: usize,
}

impl<E: Copy + Default> Lines<E> {
    /// Makes it this long. Numbers that were there stay while the memory suffices; all others are unspecified.
    pub(super) fn resize(&mut self, len: usize) {
        let room = LINE / size_of::<E>();
        if self.numbers.len() < len + room {
            self.numbers.resize(len + len / 4 + room, E::default());
            // where the memory does not say how it is aligned, loads are slower, not wrong
            self.skip = self.numbers.as_ptr().align_offset(LINE).min(room);
        }
        self.len = len;
    }
}

impl<E> core::ops::Deref for Lines<E> {
    type Target = [E];
    #[inline(always)]
    fn deref(&self) -> &[E] {
        &self.numbers[self.skip..self.skip + self.len]
    }
}

impl<E> core::ops::DerefMut for Lines<E> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [E] {
        &mut self.numbers[self.skip..self.skip + self.len]
    }
}
