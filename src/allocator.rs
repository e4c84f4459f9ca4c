//! Settings of the memory allocator for the large buffers of a page.
//!
//! glibc learns from the first of them that is freed that such sizes come again, takes the next
//! ones from its heaps, and gives those back to the system late or never: 57 MB were resident while
//! 100,000 lines gathered and drained, 40 MB with a fixed threshold. musl, with which the shipped
//! binaries are built, always maps and unmaps what is larger than 128 KB.

/// Large buffers go back to the system when they are freed, as with musl. To be called once, before
/// the threads start.
pub fn give_back_large_buffers() {
    #[cfg(target_env = "gnu")]
    fix_threshold();
}

/// Bytes from which on an allocation is a mapping of its own: glibc's own first value (mallopt(3)).
#[cfg(target_env = "gnu")]
const THRESHOLD: libc::c_int = 128 * 1024;

#[cfg(target_env = "gnu")]
// mallopt has no wrapper in std, and its environment variable would have to be set before the start
#[allow(unsafe_code)]
fn fix_threshold() {
    // SAFETY: two numbers by value; setting the threshold only switches off that it moves. A
    // refusal (0) changes nothing.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, THRESHOLD) };
}
