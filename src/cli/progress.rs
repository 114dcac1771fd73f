//! The progress bar: only for a person who waits, and gone before the result is shown.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::scan::Progress;

/// A run shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// Redrawn so often even if nothing is read, so that the run is seen to be alive.
const TICK: Duration = Duration::from_millis(120);

/// A bar on standard error, or nothing.
pub(super) struct Bar {
    drawn: Option<ProgressBar>,
    started: Instant,
    shown: AtomicBool,
    expected: AtomicU64,
}

impl Bar {
    /// A bar, if standard error is a terminal and nobody asked for silence.
    pub(super) fn new(wanted: bool) -> Self {
        let wanted = wanted && io::stderr().is_terminal();
        Self {
            drawn: wanted.then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())),
            started: Instant::now(),
            shown: AtomicBool::new(false),
            expected: AtomicU64::new(0),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.drawn {
            bar.finish_and_clear();
        }
    }

    fn style(&self) -> ProgressStyle {
        let known = "{bar:30} {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left";
        let unknown = "{spinner} {bytes}  {bytes_per_sec}";
        let template = if self.expected.load(Ordering::Relaxed) > 0 { known } else { unknown };
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
    }
}

impl Progress for Bar {
    fn expect(&self, bytes: u64) {
        let Some(bar) = &self.drawn else { return };
        let total = self.expected.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if total > 0 {
            bar.set_length(total);
            if self.shown.load(Ordering::Relaxed) {
                bar.set_style(self.style());
            }
        }
    }

    fn advance(&self, bytes: u64) {
        let Some(bar) = &self.drawn else { return };
        bar.inc(bytes);
        if self.started.elapsed() >= PATIENCE && !self.shown.swap(true, Ordering::Relaxed) {
            bar.set_style(self.style());
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
        }
    }
}
