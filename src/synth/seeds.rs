//! One netlist placed with several of nextpnr's seeds, some at a time.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::SynthError;
use super::nextpnr::{Placement, placed};
use super::target::Target;
use super::whole::Effort;
use crate::engine::tool::Toolbox;

/// Places with every seed; the outcomes in the order of the seeds.
pub(super) fn place_all(
    toolbox: &Toolbox,
    folder: &Path,
    netlist: &Path,
    target: &Target,
    effort: &Effort,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Placement>, SynthError> {
    let keeps = effort.bitstream && target.family.is_compared();
    let next = AtomicUsize::new(1);
    let work = || -> Vec<(u32, Result<Placement, SynthError>)> {
        let mut outcomes = Vec::new();
        loop {
            let seed = u32::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(u32::MAX);
            if seed > effort.seeds {
                return outcomes;
            }
            let constraints = &effort.constraints;
            let outcome = placed(toolbox, folder, netlist, target, constraints, seed, keeps);
            let failed = outcome.is_err();
            outcomes.push((seed, outcome));
            done();
            if failed {
                next.store(usize::MAX / 2, Ordering::Relaxed);
                return outcomes;
            }
        }
    };
    let workers = effort.jobs.clamp(1, effort.seeds.max(1) as usize);
    let mut outcomes: Vec<(u32, Result<Placement, SynthError>)> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = started.into_iter().map(|worker| worker.join());
        ended
            .flat_map(|outcomes| match outcomes {
                Ok(outcomes) => outcomes,
                Err(_) => vec![(0, Err(std::io::Error::other("a thread stopped").into()))],
            })
            .collect()
    });
    outcomes.sort_by_key(|(seed, _)| *seed);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}
