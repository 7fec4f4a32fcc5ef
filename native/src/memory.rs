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

/// Makes the allocator give back to the system what nobody uses.
///
/// glibc keeps small blocks that were freed in its arenas, for the next who wants some: after many calls at the same
/// time, as much as they all had. This looks through all of it, which takes milliseconds, so it is for when little is
/// going on. Other allocators see to it themselves, and for them nothing is done.
pub fn give_back_free_memory() {
    #[cfg(target_env = "gnu")]
    {
        use std::ffi::c_int;

        unsafe extern "C" {
            fn malloc_trim(pad: usize) -> c_int;
        }
        // SAFETY: the signature is that of glibc, to which `target_env` says we are linked; it may be called by any
        // thread at any time, and touches only what is free.
        unsafe { malloc_trim(0) };
    }
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use super::*;

    fn resident() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        1024 * line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    }

    #[test]
    fn what_is_free_is_given_back() {
        let before = resident();
        // Each second one stays for a while, so that the blocks lie between others.
        let mut blocks: Vec<_> = (0..200_000).map(|_| Box::new([1u8; 512])).collect();
        let full = resident();
        assert!(full > before + (64 << 20));
        let mut index = 0;
        blocks.retain(|_| {
            index += 1;
            index % 64 == 0
        });
        give_back_free_memory();
        assert!(resident() < full - (64 << 20), "of {full}, {} are left", resident());
    }
}
