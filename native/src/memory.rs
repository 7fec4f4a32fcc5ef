//! What the allocator does with memory that was given back to it.

/// Makes the allocator give large blocks back to the system at once when they are freed.
///
/// glibc raises the size from which it does so each time that such a block is freed, up to 32 MB. After a few large
/// replies at the same time it then keeps some tens of megabytes, in pieces spread over its arenas, for as long as the
/// process lives. A fixed size keeps that from happening; the price is a page fault for each page of a large block.
/// Other allocators need no such thing, and for them nothing is done.
///
/// Call it first thing in `main`, while there is one thread.
pub fn give_back_large_blocks() {
    #[cfg(target_env = "gnu")]
    {
        use std::ffi::c_int;

        /// `M_MMAP_THRESHOLD` of glibc's `malloc.h`.
        const MMAP_THRESHOLD: c_int = -3;
        /// Bytes. Guests' results and requests' bodies are rarely as large, so that the usual ones stay fast.
        const LARGE: c_int = 1 << 20;

        unsafe extern "C" {
            fn mallopt(parameter: c_int, value: c_int) -> c_int;
        }
        // SAFETY: the signature is that of glibc, to which `target_env` says we are linked, and by the contract above
        // no other thread uses the allocator. If it is refused, memory is kept as it would be without.
        unsafe { mallopt(MMAP_THRESHOLD, LARGE) };
    }
}
