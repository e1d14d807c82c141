//! One dot per entry: what it costs against how good it is.

use super::Chart;
use super::label::{Area, Placer};
use super::paint::{Anchor, Paint};
use crate::SiteError;
use crate::format;

/// Bits per byte of knowing nothing: what is worse stands at the upper edge, with its figure, lest it squeezes the rest.
const CEILING: f64 = 8.0;

/// An entry.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// The entry's slug; empty if it isn't to be marked.
    pub(crate) entry: String,
    pub(crate) label: String,
    /// What it costs or yields, greater than zero.
    pub(crate) x: f64,
    /// Bits per byte.
    pub(crate) y: f64,
}

/// What the horizontal axis means.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) title: String,
    /// Whether smaller is better.
    pub(crate) less_is_better: bool,
    /// Where vertical lines are, with their names.
    pub(crate) ticks: Vec<(f64, String)>,
    /// What the axis covers.
    pub(crate) range: (f64, f64),
}

/// Bits per byte, linear, against something else, logarithmic, and the front of those that nothing beats in both.
#[derive(Clone, Debug)]
pub(crate) struct Scatter {
    pub(crate) points: Vec<Point>,
    pub(crate) axis: Axis,
    /// Title of the vertical axis.
    pub(crate) title: String,
}

impl Axis {
    /// Powers of ten, and their doubles and fivefolds if the range is short.
    pub(crate) fn decades(title: &str, less_is_better: bool, values: impl Iterator<Item = f64> + Clone) -> Self {
        let range = (values.clone().fold(f64::MAX, f64::min) / 1.5, values.fold(0.0, f64::max) * 1.5);
        let steps: &[f64] = if range.1 / range.0 < 300.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let tick = |power: i32| steps.iter().map(move |step| step * 10f64.powi(power));
        let ticks = (0..13).flat_map(tick).filter(|&tick| tick >= range.0 && tick <= range.1);
        let ticks = ticks.map(|tick| (tick, format::short(tick))).collect();
        Axis { title: title.into(), less_is_better, ticks, range }
    }
}

/// The Pareto front: indices into `points`, from the best `x` on.
pub(crate) fn front(points: &[Point], less_is_better: bool) -> Vec<usize> {
    let cost = |point: &Point| if less_is_better { point.x } else { -point.x };
    let points: Vec<(f64, f64)> = points.iter().map(|point| (point.y, cost(point))).collect();
    golf_record::front(&points).into_iter().rev().collect()
}

/// Round numbers that cover a range, and the decimals that they need.
pub(crate) fn round_steps(low: f64, high: f64, count: f64) -> (Vec<f64>, usize) {
    let rough = ((high - low) / count).max(1e-6);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|&step| step >= rough).unwrap_or(power);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let (from, to) = ((low / step).floor() as i64, (high / step).ceil() as i64);
    ((from..=to).map(|index| index as f64 * step).collect(), decimals)
}

impl Chart for Scatter {
    fn height(&self, wide: bool) -> u32 {
        if wide { 460 } else { 400 }
    }

    fn draw(&self, paint: &Paint<'_>) -> Result<(), SiteError> {
        let look = paint.look;
        let colors = look.palette;
        let shown = |point: &Point| point.y.min(CEILING);
        let (low, high) =
            self.points.iter().map(shown).fold((f64::MAX, f64::MIN), |(low, high), y| (low.min(y), high.max(y)));
        let (steps, decimals) = round_steps(low, high.max(low + 0.1), if look.wide { 6.0 } else { 5.0 });
        let (bottom_value, top_value) = (steps[0], steps[steps.len() - 1]);
        let plot =
            Area { left: 46.0, top: 44.0, right: f64::from(look.width) - 12.0, bottom: f64::from(look.height) - 56.0 };

        let (from, to) = (self.axis.range.0.ln(), self.axis.range.1.ln());
        let x = |value: f64| plot.left + (value.ln() - from) / (to - from) * (plot.right - plot.left);
        let y =
            |value: f64| plot.bottom - (value - bottom_value) / (top_value - bottom_value) * (plot.bottom - plot.top);

        paint.text(&self.title, (0.0, 14.0), Anchor::Start, colors.muted)?;
        for &step in &steps {
            paint.line(&[(plot.left, y(step)), (plot.right, y(step))], colors.rule, 1.0)?;
            paint.text(&format!("{step:.decimals$}"), (plot.left - 8.0, y(step)), Anchor::End, colors.muted)?;
        }
        let mut free_from = 0.0;
        for (value, name) in self.axis.ticks.iter() {
            paint.line(&[(x(*value), plot.top), (x(*value), plot.bottom)], colors.rule, 1.0)?;
            let half = paint.width_of(name) / 2.0;
            let middle = x(*value).min(f64::from(look.width) - half);
            if middle - half >= free_from {
                paint.text(name, (middle, plot.bottom + 16.0), Anchor::Middle, colors.muted)?;
                free_from = middle + half + 3.0;
            }
        }
        paint.line(&[(plot.left, plot.bottom), (plot.right, plot.bottom)], colors.muted, 1.0)?;
        paint.text(&self.axis.title, (plot.right, plot.bottom + 40.0), Anchor::End, colors.muted)?;

        let front = front(&self.points, self.axis.less_is_better);
        let end = if self.axis.less_is_better { plot.right } else { plot.left };
        let path = staircase(front.iter().map(|&index| (x(self.points[index].x), y(shown(&self.points[index])))), end);
        if !path.is_empty() {
            paint.line(&path, colors.accent, 1.75)?;
        }

        let places: Vec<(f64, f64)> = self.points.iter().map(|point| (x(point.x), y(shown(point)))).collect();
        for (&place, point) in places.iter().zip(&self.points) {
            paint.ring(place, 4.5, colors.muted)?;
            paint.spot(&point.entry, place);
        }
        for &index in &front {
            paint.disc(places[index], 5.5, colors.accent)?;
        }

        let taken = places.iter().map(|&place| Area::around(place, 5.0)).collect();
        let lines = path.windows(2).map(|pair| Area::between(pair[0], pair[1])).collect();
        let sheet =
            Area { left: plot.left + 2.0, top: plot.top - 18.0, right: plot.right + 10.0, bottom: plot.bottom - 2.0 };
        let mut placer = Placer::new(sheet, taken, lines);
        let others = (0..self.points.len()).filter(|index| !front.contains(index));
        for index in front.iter().copied().chain(others) {
            let lengths = if look.wide { [28, 14] } else { [18, 9] };
            let fitting = lengths.into_iter().find_map(|length| {
                let mut label = format::clipped(&self.points[index].label, length);
                if self.points[index].y > CEILING {
                    label.push_str(&format!(" ({:.1})", self.points[index].y));
                }
                Some((placer.place(places[index], (paint.width_of(&label), look.font * 1.25))?, label))
            });
            let Some((area, label)) = fitting else { continue };
            let color = if front.contains(&index) { colors.ink } else { colors.muted };
            // Towards its point, whatever the true width of the letters is.
            let middle = (area.top + area.bottom) / 2.0;
            let (at, anchor) = if area.left > places[index].0 {
                (area.left, Anchor::Start)
            } else if area.right < places[index].0 {
                (area.right, Anchor::End)
            } else {
                ((area.left + area.right) / 2.0, Anchor::Middle)
            };
            if !path.windows(2).any(|pair| Area::between(pair[0], pair[1]).meets(&area)) {
                paint.clear(area)?;
            }
            paint.text(&label, (at, middle), anchor, color)?;
        }
        Ok(())
    }
}

/// Along the front: what is attainable up to each cost.
fn staircase(points: impl Iterator<Item = (f64, f64)>, end: f64) -> Vec<(f64, f64)> {
    let mut path: Vec<(f64, f64)> = vec![];
    for (x, y) in points {
        if let Some(&(_, before)) = path.last() {
            path.push((x, before));
        }
        path.push((x, y));
    }
    if let Some(&(_, y)) = path.last() {
        path.push((end, y));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_has_those_that_nothing_beats() {
        let points: Vec<Point> = [(1.0, 3.0), (2.0, 3.5), (2.0, 2.0), (4.0, 2.0), (5.0, 1.0)]
            .into_iter()
            .map(|(x, y)| Point { entry: String::new(), label: String::new(), x, y })
            .collect();
        assert_eq!(front(&points, true), [0, 2, 4]);
        assert_eq!(front(&points, false), [4]);
    }

    #[test]
    fn steps_are_round_and_cover_the_range() {
        assert_eq!(round_steps(0.93, 2.41, 5.0), (vec![0.5, 1.0, 1.5, 2.0, 2.5], 1));
        assert_eq!(round_steps(0.931, 0.952, 5.0).1, 3);
    }
}
