//! What one training step costs: beside the same step written as plain loops, and with gradient methods beside equal weights.
//!
//! Model T1: trunk 32-64-32 of ReLU layers, three heads 32-16-{4, 3, 1} (two tasks of classes, a value), batch 64, Adam, f32, one
//! thread. Equal weights are at first held to the losses of the plain loops; without `--bench` that is all that is done. The
//! contenders take turns in short rounds, so that whatever else the machine does meets all of them alike; each figure is the median
//! over the rounds of the ratio within a round. The last line is JSON.

mod plain;
mod work;

use std::error::Error;
use std::time::Instant;

use plain::PlainLoops;
use trunkline_trainer::config::GradientConfig;
use trunkline_trainer::train::{TrainError, step_by_step};
use work::{BATCH, RATE, SEED, TRUNK, Work};

/// Rounds in all.
const ROUNDS: usize = 400;
/// Steps of each contender in a round.
const STEPS: usize = 8;
/// First steps, whose losses must agree.
const COMPARED: usize = 20;

/// One step on some rows; returns the losses before it.
type Step<'a> = dyn FnMut(&[u32]) -> Result<Vec<f32>, TrainError> + 'a;

fn main() -> Result<(), Box<dyn Error>> {
    let work = Work::new();
    let (sum, pcgrad, upgrad) =
        (work.project(GradientConfig::Sum), work.project(GradientConfig::Pcgrad), work.project(GradientConfig::Upgrad));
    let set = work.set();
    let figures = step_by_step(&sum, &set, &TRUNK, SEED, |equal| {
        let plain = PlainLoops::new(&equal.model()?, equal.rows(), &work);
        step_by_step(&pcgrad, &set, &TRUNK, SEED, |pcgrad| {
            step_by_step(&upgrad, &set, &TRUNK, SEED, |upgrad| {
                let ours: [&mut Step<'_>; 3] =
                    [&mut |rows| equal.step(rows, RATE), &mut |rows| pcgrad.step(rows, RATE), &mut |rows| {
                        upgrad.step(rows, RATE)
                    }];
                Ok(race(&work, plain, ours))
            })
        })
    })??;
    print!("{figures}");
    Ok(())
}

/// Lets the contenders take turns; returns what to print.
fn race(work: &Work, mut plain: PlainLoops, mut ours: [&mut Step<'_>; 3]) -> Result<String, Box<dyn Error>> {
    for step in 0..COMPARED {
        let (theirs, ours) = (plain.step(work.batch(step)), ours[0](work.batch(step))?);
        if theirs.iter().zip(&ours).any(|(a, b)| (a - b).abs() > 1e-4) {
            return Err(format!("step {step}: the plain loops' losses are {theirs:?}, ours {ours:?}").into());
        }
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(format!("the losses of the first {COMPARED} steps agree with those of the plain loops\n"));
    }
    let mut times: [Vec<f64>; 4] = Default::default();
    for round in 0..ROUNDS {
        let batches = (0..STEPS).map(|step| work.batch(round * STEPS + step));
        let start = Instant::now();
        batches.clone().for_each(|rows| _ = plain.step(rows));
        times[0].push(start.elapsed().as_secs_f64());
        for (ours, times) in ours.iter_mut().zip(&mut times[1..]) {
            let start = Instant::now();
            for rows in batches.clone() {
                ours(rows)?;
            }
            times.push(start.elapsed().as_secs_f64());
        }
    }
    let names = ["plain loops", "equal weights", "PCGrad", "UPGrad"];
    let mut text = format!("one step of T1, batch {BATCH}, median of {ROUNDS} rounds of {STEPS} steps\n");
    for (name, times) in names.iter().zip(&times) {
        text += &format!("{name:14} {:7.1} us\n", 1e6 * median(times.clone()) / STEPS as f64);
    }
    let ratio = |a: usize, b: usize| median(times[a].iter().zip(&times[b]).map(|(a, b)| a / b).collect());
    Ok(text
        + &format!(
            "{{\"step_ratio_equal\": {:.3}, \"pcgrad_over_equal\": {:.3}, \"upgrad_over_equal\": {:.3}}}\n",
            ratio(1, 0),
            ratio(2, 1),
            ratio(3, 1)
        ))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
