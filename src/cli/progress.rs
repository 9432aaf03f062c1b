//! How far a command is, on stderr: a bar on a terminal, else a line now and then.

use std::io::IsTerminal as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError::Timeout;
use indicatif::{ProgressBar, ProgressStyle};

use crate::job::Progress;

/// Between two lines where stderr is no terminal.
const LINES: Duration = Duration::from_secs(10);
/// Between two changes of the bar.
const CHANGES: Duration = Duration::from_millis(200);

/// Do `work` while stderr shows how far `progress` is. Ctrl-C cancels it; pressed again, it ends the program.
pub(super) fn watched<T>(progress: &Progress, work: impl FnOnce() -> T) -> T {
    interrupts(progress);
    let (end, ended) = crossbeam_channel::bounded::<()>(0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if std::io::stderr().is_terminal() {
                let bar = bar();
                while ended.recv_timeout(CHANGES) == Err(Timeout) {
                    let now = progress.snapshot();
                    bar.set_length(now.total);
                    bar.set_position(now.done);
                }
                bar.finish_and_clear();
            } else {
                while ended.recv_timeout(LINES) == Err(Timeout) {
                    say!("mosaicist: {}", line(progress));
                }
            }
        });
        let result = work();
        current().take();
        drop(end);
        result
    })
}

/// What Ctrl-C cancels: the work that goes on.
static CANCELLED_BY_KEY: Mutex<Option<Progress>> = Mutex::new(None);
/// The exit status of a program that Ctrl-C ends, as shells count.
const INTERRUPTED: i32 = 130;

/// Have Ctrl-C cancel `progress` from now on.
fn interrupts(progress: &Progress) {
    let before = current().replace(progress.clone());
    if before.is_none() {
        let pressed = || match current().take() {
            Some(progress) => {
                say!("mosaicist: stopping; press Ctrl-C again to end at once");
                progress.cancel();
            }
            None => std::process::exit(INTERRUPTED),
        };
        // Without a handler Ctrl-C ends the program at once, as usual.
        if let Err(error) = ctrlc::set_handler(pressed) {
            tracing::debug!("Ctrl-C ends the program at once: {error}");
        }
    }
}

fn current() -> MutexGuard<'static, Option<Progress>> {
    CANCELLED_BY_KEY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bar() -> ProgressBar {
    let template = "{percent:>3} % [{bar:30}] {human_pos} of {human_len}, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style.progress_chars("=> "))
}

fn line(progress: &Progress) -> String {
    let now = progress.snapshot();
    let left = now.left.map_or_else(String::new, |left| format!(", {} s left", left.as_secs()));
    format!("{:.0} %, {} of {}{left}", now.fraction() * 100.0, now.done, now.total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_lines_show_the_state() {
        let progress = Progress::default();
        progress.set_total(8);
        progress.advance(2).unwrap();
        assert!(line(&progress).starts_with("25 %, 2 of 8"), "{}", line(&progress));
        assert_eq!(watched(&progress, || 7), 7);
    }
}
