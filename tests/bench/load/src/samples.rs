//! Durations, and what of them is reported.

use std::time::Duration;

use serde_json::{Value, json};

/// Durations.
#[derive(Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// One more.
    pub fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// All of another.
    pub fn append(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    /// In milliseconds; `null` where there is none.
    #[must_use]
    pub fn report(mut self) -> Value {
        let ms = |sample: Option<Duration>| sample.map(|sample| sample.as_secs_f64() * 1000.0);
        let (p50, p99, max) = (ms(self.percentile(50)), ms(self.percentile(99)), ms(self.percentile(100)));
        json!({"n": self.0.len(), "p50": p50, "p99": p99, "max": max})
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one that so many percent are shorter than.
    pub fn percentile(&mut self, percent: usize) -> Option<Duration> {
        self.0.sort_unstable();
        self.0.get((self.0.len() * percent / 100).min(self.0.len().saturating_sub(1))).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_samples() {
        let mut samples = Samples::default();
        (1..=200).rev().for_each(|ms| samples.add(Duration::from_millis(ms)));
        assert_eq!(samples.report(), json!({"n": 200, "p50": 101.0, "p99": 199.0, "max": 200.0}));
        assert_eq!(Samples::default().report(), json!({"n": 0, "p50": null, "p99": null, "max": null}));
    }
}
