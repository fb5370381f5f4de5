//! How freed memory is kept. Knows nothing of what it is used for.

use std::hint::black_box;

/// Freed blocks up to this size stay with the process.
const KEPT: usize = 4 << 20;

/// Teaches the allocator to keep what is freed for the next who asks. Call it
/// once, before anything else.
///
/// Scans read columns of a hundred kilobytes, one after the other. By itself
/// glibc gives such memory back to the system each time and then asks for it
/// again, which takes half the time of a scan. It learns from the largest block
/// that was freed (`M_MMAP_THRESHOLD` in its manual): so one is, untouched, and
/// costs nothing. Other allocators do not mind.
pub fn keep_freed_memory() {
    drop(black_box(Vec::<u8>::with_capacity(KEPT)));
}
