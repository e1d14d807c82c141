//! Memory for vectors: it begins on a cache line, and large pieces ask the system for large pages, because those of 4 KB cost a token's weights more
//! look-ups of addresses than a core remembers.
#![allow(unsafe_code)]

use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use core::alloc::Layout;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

/// A cache line.
const LINE: usize = 64;
/// A large page of most processors.
const LARGE: usize = 2 << 20;

/// A boxed slice that begins on a cache line.
pub(super) struct Pages<T> {
    start: NonNull<T>,
    length: usize,
}

// SAFETY: it owns its elements, like a boxed slice.
unsafe impl<T: Send> Send for Pages<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Pages<T> {}

impl<T> Pages<T> {
    /// What an iterator gives, whose length is known.
    pub(super) fn new<I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>>(elements: I) -> Self {
        let elements = elements.into_iter();
        let layout = layout::<T>(elements.len());
        if layout.size() == 0 {
            return Pages { start: NonNull::dangling(), length: elements.len() };
        }
        // SAFETY: the size isn't zero.
        let Some(start) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        ask_for_large_pages(start, layout);
        let (start, capacity) = (start.cast::<T>(), elements.len());
        let mut length = 0;
        for element in elements.take(capacity) {
            // SAFETY: there is room for as many as are taken.
            unsafe { start.add(length).write(element) };
            length += 1;
        }
        assert_eq!(length, capacity, "an iterator is as long as it says");
        Pages { start, length }
    }
}

impl<T: Clone> Pages<T> {
    /// The same value over and over.
    pub(super) fn of(value: T, count: usize) -> Self {
        Pages::new(core::iter::repeat_n(value, count))
    }
}

/// Whether this knows how to ask the system for large pages.
const ASKS: bool = cfg!(all(feature = "std", target_arch = "x86_64", target_os = "linux", not(miri)));

fn layout<T>(count: usize) -> Layout {
    let layout = Layout::array::<T>(count).ok();
    let is_large = layout.is_some_and(|layout| layout.size() >= 2 * LARGE);
    let align = if ASKS && is_large { LARGE } else { LINE };
    layout.and_then(|layout| layout.align_to(align).ok()).expect("no more than fits the memory")
}

/// It does without where the system gives none.
fn ask_for_large_pages(_start: NonNull<u8>, layout: Layout) {
    if ASKS && layout.align() == LARGE {
        #[cfg(all(feature = "std", target_arch = "x86_64", target_os = "linux"))]
        // SAFETY: the memory is ours, and what is in it stays as it is.
        unsafe {
            libc::madvise(_start.as_ptr().cast(), layout.size(), libc::MADV_HUGEPAGE);
        }
    }
}

impl<T> Drop for Pages<T> {
    fn drop(&mut self) {
        let layout = layout::<T>(self.length);
        // SAFETY: the elements are dropped once, and their memory, if they have any, was allocated with this layout.
        unsafe {
            core::ptr::drop_in_place(&raw mut **self);
            if layout.size() > 0 {
                dealloc(self.start.as_ptr().cast(), layout);
            }
        }
    }
}

impl<T> Deref for Pages<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: so many elements were written there.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl<T> DerefMut for Pages<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Pages::new([])
    }
}

impl<T: Clone> Clone for Pages<T> {
    fn clone(&self) -> Self {
        Pages::new(self.iter().cloned())
    }
}

impl<T: core::fmt::Debug> core::fmt::Debug for Pages<T> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::rc::Rc;

    #[test]
    fn memory_begins_on_a_line_or_a_large_page() {
        for count in [0, 1, 63, 3 * LARGE] {
            let mut pages = Pages::of(3u8, count);
            pages[count / 2..].fill(4);
            assert_eq!((pages.iter().filter(|&&byte| byte == 3).count(), pages.len()), (count / 2, count));
            assert!(
                pages.as_ptr().addr().is_multiple_of(if ASKS && count > LARGE { LARGE } else { LINE }) || count == 0
            );
        }
    }

    #[test]
    fn elements_are_dropped_once() {
        let element = Rc::new(());
        let pages = Pages::of(element.clone(), 5);
        assert_eq!(Rc::strong_count(&element), 6);
        drop(pages.clone());
        drop(pages);
        assert_eq!(Rc::strong_count(&element), 1);
    }
}
