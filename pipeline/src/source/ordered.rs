//! Work on several threads whose results come in the order of what it was done on.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::mpsc::channel;

/// Things that every thread may be ahead of the one that is wanted next.
const AHEAD: usize = 2;

/// Does `work` on everything that `take` gives, on `threads` threads; `each` gets the results on the
/// caller's own thread, in the order of `take`. A thread takes the next thing as soon as it is done with
/// one, as long as not too many results wait for `each`.
///
/// # Errors
/// The first of `each`; nothing is taken after it.
///
/// # Panics
/// When `take` or `work` does.
pub(super) fn in_order<T, R: Send, E>(
    threads: usize,
    take: impl FnMut() -> Option<T> + Send,
    work: impl Fn(T) -> R + Sync,
    mut each: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let threads = threads.max(1);
    let ((allow, allowed), (done, results)) = (channel(), channel());
    let source = Mutex::new((take, allowed, 0));
    let next = || {
        let mut source = source.lock().ok()?;
        let (take, allowed, taken) = &mut *source;
        allowed.recv().ok()?;
        let thing = take()?;
        *taken += 1;
        Some((*taken - 1, thing))
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (done, next, work) = (done.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((number, thing)) = next() {
                    // A result that never came would be waited for forever.
                    let result = catch_unwind(AssertUnwindSafe(|| work(thing)));
                    if done.send((number, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        // It goes with this scope's end, and the threads that wait for it with it.
        let allow = allow;
        let mut early = BTreeMap::new();
        let mut wanted = 0;
        (0..threads * AHEAD).for_each(|_| allow.send(()).unwrap_or_default());
        for (number, result) in results {
            early.insert(number, result);
            while let Some(result) = early.remove(&wanted) {
                each(result.unwrap_or_else(|panic| resume_unwind(panic)))?;
                wanted += 1;
                // At the end nobody is left who wants it.
                allow.send(()).unwrap_or_default();
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(threads: usize, count: u64, stop: u64) -> (Vec<u64>, Result<(), u64>, u64) {
        let mut numbers = 0..count;
        let mut seen = Vec::new();
        let end = in_order(
            threads,
            || numbers.next(),
            |number| {
                // The first ones take longest.
                let busy = (0..(count - number) * 1000).fold(0, |sum: u64, n| sum ^ n);
                number * number + u64::from(busy == u64::MAX)
            },
            |square| {
                if square == stop {
                    return Err(square);
                }
                seen.push(square);
                Ok(())
            },
        );
        (seen, end, numbers.start)
    }

    #[test]
    fn results_come_in_order_and_an_error_ends_it() {
        for threads in [0, 1, 2, 5] {
            let (seen, end, _) = squares(threads, 100, u64::MAX);
            assert_eq!(seen, (0..100).map(|n| n * n).collect::<Vec<_>>());
            assert_eq!(end, Ok(()));
            let (seen, end, taken) = squares(threads, 1000, 25);
            assert_eq!((seen, end), (vec![0, 1, 4, 9, 16], Err(25)));
            let ahead = (5 + (AHEAD + 1) * threads.max(1)) as u64;
            assert!(taken <= ahead, "{taken} were taken");
        }
        assert_eq!(squares(3, 0, 0), (Vec::new(), Ok(()), 0));
    }

    #[test]
    #[should_panic(expected = "three")]
    fn a_panic_goes_on() {
        let mut numbers = 0..100;
        let each = |_| Ok::<(), ()>(());
        let _ = in_order(4, || numbers.next(), |n| assert_ne!(n, 3, "three"), each);
    }
}
