//! A progress bar that appears after a second, on stderr, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Work below this needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Progress of work on any number of threads.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    waiting: AtomicBool,
}

impl Progress {
    /// A bar of `total` pieces; `visible` is false where nobody looks.
    #[must_use]
    pub fn new(total: usize, what: &str, visible: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Self {
            bar,
            started: Instant::now(),
            waiting: AtomicBool::new(visible),
        }
    }

    /// Shows the bar at once: for work whose first piece takes long.
    pub fn show(&self) {
        if self.waiting.swap(false, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.tick();
        }
    }

    /// `count` more pieces are done.
    pub fn add(&self, count: usize) {
        self.bar.inc(count as u64);
        if self.started.elapsed() > PATIENCE {
            self.show();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
