//! Labs spread over threads. Only counts come back, so the sum does not depend on who did what.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// Labs a thread takes at a time.
const BATCH: u32 = 16;

/// The sum of `work` over labs 0 to `labs` − 1; the first error, by lab, wins.
pub fn sum<T, E, W>(labs: u32, threads: usize, work: W) -> Result<T, E>
where
    T: Default + AddAssign + Send,
    E: Send,
    W: Fn(u32) -> Result<T, E> + Sync,
{
    let next = AtomicU32::new(0);
    let run = || {
        let mut total = T::default();
        loop {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= labs {
                return Ok(total);
            }
            for lab in first..labs.min(first + BATCH) {
                total += work(lab).map_err(|error| (lab, error))?;
            }
        }
    };
    let parts: Vec<Result<T, (u32, E)>> = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut parts = vec![run()];
        for other in others {
            match other.join() {
                Ok(part) => parts.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    let mut total = T::default();
    let mut first: Option<(u32, E)> = None;
    for part in parts {
        match part {
            Ok(part) => total += part,
            Err(error) if first.as_ref().is_none_or(|(lab, _)| error.0 < *lab) => {
                first = Some(error);
            }
            Err(_) => {}
        }
    }
    match first {
        Some((_, error)) => Err(error),
        None => Ok(total),
    }
}
