//! Large arrays that the system backs with huge pages and takes back at once.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bytemuck::Pod;
use memmap2::MmapMut;

use crate::{Error, Result};

/// A growable array of plain numbers in memory of its own.
///
/// Memory is asked for with huge pages: first touch of 1 GiB took 0.10 s instead of 0.43 s (2026-11-22), and
/// the passes that jump through it miss the TLB less. Capacity that is not touched costs
/// nothing, and dropping gives the memory back to the system, so that one pass's peak is not the
/// next one's.
#[derive(Debug)]
pub struct Buffer<T> {
    /// `None` while the capacity is 0: a mapping cannot be empty.
    map: Option<MmapMut>,
    len: usize,
    of: PhantomData<T>,
}

impl<T: Pod> Buffer<T> {
    /// An empty buffer with room for `capacity` elements.
    pub fn with_capacity(capacity: usize) -> Result<Buffer<T>> {
        Ok(Buffer { map: map::<T>(capacity)?, len: 0, of: PhantomData })
    }

    /// `len` zeros.
    pub fn zeroed(len: usize) -> Result<Buffer<T>> {
        Ok(Buffer { map: map::<T>(len)?, len, of: PhantomData })
    }

    /// `len` times `value`.
    pub fn filled(len: usize, value: T) -> Result<Buffer<T>> {
        let mut buffer = Self::zeroed(len)?;
        buffer.fill(value);
        Ok(buffer)
    }

    /// The elements as atomic numbers, for threads that write to places of their own.
    #[expect(unsafe_code, reason = "a slice is seen as one of another type")]
    pub fn as_atomic(&mut self) -> &[AtomicU32]
    where
        T: AtomicTwin,
    {
        let elements: &mut [T] = self;
        // SAFETY: `AtomicTwin` is implemented for u32 alone, which has the size and alignment of
        // AtomicU32 and the same values; the exclusive borrow lasts as long as the result, so
        // that nobody accesses the elements without atomics meanwhile.
        unsafe {
            std::slice::from_raw_parts(elements.as_mut_ptr().cast::<AtomicU32>(), elements.len())
        }
    }

    /// Appends elements; doubles the capacity when it is used up.
    pub fn extend(&mut self, elements: &[T]) -> Result<()> {
        let end = self.len + elements.len();
        if end > self.capacity() {
            let mut larger = Self::with_capacity(end.max(self.capacity() * 2))?;
            larger.len = self.len;
            larger.copy_from_slice(self);
            *self = larger;
        }
        let start = self.len;
        self.len = end;
        self[start..].copy_from_slice(elements);
        Ok(())
    }

    /// Appends one element.
    pub fn push(&mut self, element: T) -> Result<()> {
        self.extend(&[element])
    }

    /// Lengthens to the whole capacity. The new elements are zeros, or what stood there before a
    /// [`Buffer::truncate`].
    pub fn fill_up(&mut self) {
        self.len = self.capacity();
    }

    /// Forgets the elements past `len`.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    fn capacity(&self) -> usize {
        self.map.as_ref().map_or(0, |map| map.len() / size_of::<T>())
    }
}

/// Buffers that one pass has finished with and the next one may have.
///
/// Clearing new pages was 12 % of all CPU time on a 500 MB snapshot before memory was handed on
/// (2026-11-22).
#[derive(Debug, Default)]
pub struct Scratch {
    free: Mutex<Vec<MmapMut>>,
}

impl Scratch {
    /// A buffer of `len` elements whose values are arbitrary: the caller writes each before it
    /// reads it.
    pub fn take<T: Pod>(&self, len: usize) -> Result<Buffer<T>> {
        let bytes = len.saturating_mul(size_of::<T>());
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let smallest = free.iter().enumerate().filter(|(_, map)| map.len() >= bytes && bytes > 0);
        let found = smallest.min_by_key(|(_, map)| map.len()).map(|(at, _)| at);
        match found {
            Some(at) => Ok(Buffer { map: Some(free.swap_remove(at)), len, of: PhantomData }),
            None => Buffer::zeroed(len),
        }
    }

    /// A buffer of `len` times `value`.
    pub fn filled<T: Pod>(&self, len: usize, value: T) -> Result<Buffer<T>> {
        let mut buffer = self.take(len)?;
        buffer.fill(value);
        Ok(buffer)
    }

    /// A copy of `elements`.
    pub fn copy<T: Pod>(&self, elements: &[T]) -> Result<Buffer<T>> {
        let mut buffer = self.take(elements.len())?;
        buffer.copy_from_slice(elements);
        Ok(buffer)
    }

    /// Gives idle memory back to the system.
    pub fn clear(&self) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Hands a buffer on.
    pub fn give<T>(&self, buffer: Buffer<T>) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).extend(buffer.map);
    }
}

/// Gives the system back what the allocator holds free. glibc keeps what chunks of text and rows took while they were read:
/// called between the passes, the peak of a snapshot of 100 MB was 75 MB instead of 79 (2026-11-30). With other allocators
/// this does nothing. Cost: a look at each free block.
#[allow(unsafe_code, reason = "the call is one of C, and glibc's alone")]
pub fn trim_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: declared as in glibc's malloc.h.
        unsafe extern "C" {
            fn malloc_trim(pad: usize) -> std::ffi::c_int;
        }
        // SAFETY: it takes its own locks, and only what is free changes.
        unsafe { malloc_trim(0) };
    }
}

/// Numbers that [`Buffer::as_atomic`] works for.
pub trait AtomicTwin: sealed::Sealed {}
impl AtomicTwin for u32 {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u32 {}
}

/// Bytes that buffers have mapped since the process started, given back or not. Pages that are not
/// touched count here and take no memory.
pub fn mapped_bytes() -> u64 {
    MAPPED.load(Ordering::Relaxed)
}

/// For measurements only.
static MAPPED: AtomicU64 = AtomicU64::new(0);

const HUGE_PAGE: usize = 2 << 20;

fn map<T>(capacity: usize) -> Result<Option<MmapMut>> {
    let bytes = capacity.saturating_mul(size_of::<T>());
    if bytes == 0 {
        return Ok(None);
    }
    // The last page is a huge one only if it is full: of a snapshot of 100 MB, twelve arrays of 5 MB
    // would each take a megabyte more.
    let huge = bytes / HUGE_PAGE * HUGE_PAGE;
    // A buffer that is handed on also fits a use that needs an element more.
    let bytes = if bytes < HUGE_PAGE { bytes } else { bytes.next_multiple_of(HUGE_PAGE) };
    let no_memory = |e| Error::io("get memory for", std::path::Path::new("the heap graph"), e);
    let map = MmapMut::map_anon(bytes).map_err(no_memory)?;
    // Advice only: kernels without huge pages say no, and small pages do as well.
    #[cfg(target_os = "linux")]
    let _ = map.advise_range(memmap2::Advice::HugePage, 0, huge);
    MAPPED.fetch_add(bytes as u64, Ordering::Relaxed);
    Ok(Some(map))
}

impl<T: Pod> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.map {
            Some(map) => bytemuck::cast_slice(&map[..self.len * size_of::<T>()]),
            None => &[],
        }
    }
}

impl<T: Pod> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.map {
            Some(map) => bytemuck::cast_slice_mut(&mut map[..self.len * size_of::<T>()]),
            None => &mut [],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atomic_view_writes_through() {
        let mut buffer = Buffer::<u32>::zeroed(100).unwrap();
        let atomic = buffer.as_atomic();
        std::thread::scope(|scope| {
            for half in [0usize, 50] {
                scope.spawn(move || {
                    for (value, place) in (half as u32..).zip(&atomic[half..half + 50]) {
                        place.store(value, std::sync::atomic::Ordering::Relaxed);
                    }
                });
            }
        });
        assert!(buffer.iter().copied().eq(0..100));
    }

    #[test]
    fn scratch_hands_memory_on() {
        let scratch = Scratch::default();
        scratch.give(Buffer::<u32>::filled(4096, 1).unwrap());
        assert_eq!(scratch.take::<u64>(2048).unwrap()[0], 1 << 32 | 1, "the memory given before");
        assert!(scratch.filled(4096, 7u32).unwrap().iter().all(|&x| x == 7), "new memory");
        assert_eq!(&*scratch.copy(&[1u8, 2]).unwrap(), [1, 2]);
    }

    #[test]
    fn grows_and_keeps_its_elements() {
        let mut buffer = Buffer::<u32>::with_capacity(0).unwrap();
        for start in (0..100_000u32).step_by(10) {
            buffer.extend(&(start..start + 10).collect::<Vec<_>>()).unwrap();
        }
        assert!(buffer.iter().copied().eq(0..100_000));
        buffer.truncate(3);
        assert_eq!(&*buffer, [0, 1, 2]);
        assert!(Buffer::<u64>::filled(5, 7).unwrap().iter().all(|&x| x == 7));
    }
}
