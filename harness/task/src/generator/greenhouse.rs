//! `greenhouse-log`: four weeks in the log of a simulated off-grid greenhouse, a line of 32 bytes every three hours.
//!
//! The log is a Markov chain without hidden state: what a line's choices depend on stands in the line before or earlier in the
//! line itself, and each choice shows in the text. So the generator can state exactly what a predictor that knows
//! the rules pays. The README beside `tasks/greenhouse-log/task.json` gives the rules in tables.

use crate::{Content, Draw, Item};
use golf_core::{Cost, logit};

#[cfg(test)]
mod tests;

/// Lines of a document: four weeks of eight a day.
const LINES: u32 = 4 * 7 * 8;

/// Bytes of a line, with its line feed. Constant, so that a field stands at the same distance from itself a line earlier.
const LINE_BYTES: usize = 32;

/// Every choice is made with weights in sixteenths, but for the pump's ([`PUMP_TOTAL`]).
const TOTAL: u32 = 16;

/// How the sky is written, and told apart by its first letter.
const SKY: [&str; 4] = ["clear", "misty", "rainy", "STORM"];
const STORM: usize = 3;

/// The next sky, by sky.
const NEXT_SKY: [[u32; 4]; 4] = [[10, 5, 1, 0], [5, 7, 4, 0], [1, 5, 7, 3], [0, 2, 6, 8]];

/// Light on the panels: none, dim, fair, full, and a lightning strike.
const LIGHT: [char; 5] = ['.', '-', '+', '*', '!'];

/// How high the sun stands at 00, 03, ... 21 hours: an index of [`NEXT_LIGHT`].
const SUN: [usize; 8] = [0, 0, 1, 2, 2, 2, 1, 0];

/// The light, by the height of the sun and the sky.
const NEXT_LIGHT: [[[u32; 5]; 4]; 3] = [
    [[16, 0, 0, 0, 0], [16, 0, 0, 0, 0], [16, 0, 0, 0, 0], [10, 0, 0, 0, 6]],
    [[0, 8, 8, 0, 0], [8, 8, 0, 0, 0], [12, 4, 0, 0, 0], [10, 0, 0, 0, 6]],
    [[0, 0, 5, 11, 0], [0, 6, 8, 2, 0], [0, 10, 6, 0, 0], [5, 5, 0, 0, 6]],
];

/// A choice among steps of a level.
type Steps = &'static [(i32, u32)];

/// The step of the heat, by light.
const HEAT: [Steps; 5] = [
    &[(-1, 7), (0, 7), (1, 2)],
    &[(-1, 4), (0, 7), (1, 5)],
    &[(-1, 2), (0, 6), (1, 8)],
    &[(0, 5), (1, 11)],
    &[(-1, 11), (0, 5)],
];

/// The step of the energy in the battery, by light.
const ENERGY: [Steps; 5] = [
    &[(-1, 7), (0, 7), (1, 2)],
    &[(-1, 3), (0, 7), (1, 6)],
    &[(-1, 1), (0, 6), (1, 9)],
    &[(0, 3), (1, 8), (2, 5)],
    &[(-3, 5), (-2, 6), (-1, 5)],
];

/// The step of the water, by whether the pump ran three hours ago, and whether it rains or storms.
const WATER: [[Steps; 2]; 2] =
    [[&[(-1, 11), (0, 5)], &[(-1, 4), (0, 8), (1, 4)]], [&[(-1, 5), (0, 7), (1, 4)], &[(-1, 2), (0, 7), (1, 7)]]];

/// The step of the food, by heat: frost up to 2, mild up to 5, warm above.
const FOOD: [Steps; 3] = [&[(-1, 7), (0, 7), (1, 2)], &[(-1, 5), (0, 7), (1, 4)], &[(-1, 4), (0, 6), (1, 6)]];

/// An empty larder waits for the drone, which brings a crate.
const EMPTY_LARDER: Steps = &[(0, 10), (CRATE, 6)];
const CRATE: i32 = 6;

/// How the pump is written: it runs, is jammed, or has just been mended.
const PUMP: [&str; 3] = ["pump", "JAM!", "fix."];
const RUNS: usize = 0;
const JAMMED: usize = 1;

/// Pumps fail too rarely for sixteenths.
const PUMP_TOTAL: u32 = 64;

/// Makes logs.
pub(super) fn generate(draw: &Draw, count: u32) -> Vec<Item> {
    (0..count)
        .map(|index| {
            let id = format!("{index:03}");
            let (text, ideal) = document(draw.child(&id));
            let content = Content::Document { text, ideal: Some(ideal) };
            Item { id, group: String::new(), fresh: false, content }
        })
        .collect()
}

/// What a line says, but for day and hour.
#[derive(Clone, Copy)]
struct State {
    sky: usize,
    light: usize,
    heat: usize,
    energy: usize,
    water: usize,
    food: usize,
    pump: usize,
}

/// Makes choices and keeps the account of what they cost.
struct Dice {
    draw: Draw,
    /// Sum of `log2(total / weight)`, Q24.
    bits: u64,
}

fn document(draw: Draw) -> (Vec<u8>, Cost) {
    let mut dice = Dice { draw, bits: 0 };
    let mut text = String::with_capacity(LINES as usize * LINE_BYTES);
    let mut last = None;
    for line in 0..LINES {
        let (day, slot) = (1 + line / 8 % 7, (line % 8) as usize);
        let state = match last {
            None => dice.first(slot),
            Some(last) => dice.next(last, slot),
        };
        let State { sky, light, heat, energy, water, food, pump } = state;
        let (hour, sky, light, pump) = (3 * slot, SKY[sky], LIGHT[light], PUMP[pump]);
        text += &format!("d{day} h{hour:02} {sky}:{light} H{heat} E{energy} W{water} F{food} {pump}\n");
        last = Some(state);
    }
    // Rounded once: rounding each choice would add up.
    (text.into_bytes(), Cost((dice.bits + (1 << 7)) >> 8))
}

impl Dice {
    fn choose(&mut self, weights: &[u32]) -> usize {
        let choice = self.draw.weighted(weights);
        let total: u32 = weights.iter().sum();
        self.bits += u64::from(logit::log2(total.into()) - logit::log2(weights[choice].into()));
        choice
    }

    /// The first line: any sky, and middling levels.
    fn first(&mut self, slot: usize) -> State {
        let sky = self.choose(&[1; 4]);
        let light = self.choose(&NEXT_LIGHT[SUN[slot]][sky]);
        let [heat, energy, water, food] = [(); 4].map(|()| 3 + self.choose(&[1; 5]));
        State { sky, light, heat, energy, water, food, pump: RUNS }
    }

    /// The line after `last`, in the order in which it is written.
    fn next(&mut self, last: State, slot: usize) -> State {
        let sky = self.choose(&NEXT_SKY[last.sky]);
        let light = self.choose(&NEXT_LIGHT[SUN[slot]][sky]);
        let heat = self.step(last.heat, HEAT[light]);
        let energy = self.step(last.energy, ENERGY[light]);
        let water = self.step(last.water, WATER[usize::from(last.pump == RUNS)][usize::from(sky >= 2)]);
        let food = match (last.food, heat) {
            (0, _) => self.step(0, EMPTY_LARDER),
            (_, 0..=2) => self.step(last.food, FOOD[0]),
            (_, 3..=5) => self.step(last.food, FOOD[1]),
            (_, _) => self.step(last.food, FOOD[2]),
        };
        let pump = match last.pump {
            RUNS => {
                let failing = if sky == STORM { 14 } else { 2 };
                self.choose(&[PUMP_TOTAL - failing, failing, 0])
            }
            JAMMED => self.choose(&[0, 40, 24]),
            // Once mended, it runs.
            _ => RUNS,
        };
        State { sky, light, heat, energy, water, food, pump }
    }

    /// A level from 0 to 9 after a step. Steps that end at the same level are one choice: the text doesn't tell them apart.
    fn step(&mut self, level: usize, steps: Steps) -> usize {
        let mut weights = [0; 10];
        for &(step, weight) in steps {
            weights[(level as i32 + step).clamp(0, 9) as usize] += weight;
        }
        debug_assert_eq!(weights.iter().sum::<u32>(), TOTAL);
        self.choose(&weights)
    }
}
