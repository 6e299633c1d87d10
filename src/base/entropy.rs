//! Randomness as an argument. [`OsEntropy`] is the only use of the machine's generator.

use std::sync::atomic::{AtomicU64, Ordering};

/// Fills buffers with unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills all of `buffer`.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(
        clippy::disallowed_methods,
        clippy::panic,
        reason = "without randomness no secret may be made: going on would be worse than stopping"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

/// A reproducible stream for tests: SHA-256 of a seed and a counter. Never for a real server.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededEntropy {
    /// A stream that is always the same for one seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let mut context = ring::digest::Context::new(&ring::digest::SHA256);
            context.update(&self.seed.to_be_bytes());
            context.update(&self.drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            for (to, from) in chunk.iter_mut().zip(context.finish().as_ref()) {
                *to = *from;
            }
        }
    }
}
