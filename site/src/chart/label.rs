//! Where labels go.

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// Gives labels places that are free, first come, first served.
#[derive(Clone, Debug)]
pub(crate) struct Placer {
    within: Area,
    taken: Vec<Area>,
    /// Lines that a label had better not cross.
    lines: Vec<Area>,
}

impl Area {
    /// Around a point.
    pub(crate) fn around((x, y): (f64, f64), reach: f64) -> Self {
        Area { left: x - reach, top: y - reach, right: x + reach, bottom: y + reach }
    }

    /// Spanned by two points.
    pub(crate) fn between(a: (f64, f64), b: (f64, f64)) -> Self {
        Area { left: a.0.min(b.0), top: a.1.min(b.1), right: a.0.max(b.0), bottom: a.1.max(b.1) }
    }

    /// Whether they have a point in common.
    pub(crate) fn meets(&self, other: &Area) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    fn is_in(&self, other: &Area) -> bool {
        self.left >= other.left && self.right <= other.right && self.top >= other.top && self.bottom <= other.bottom
    }
}

impl Placer {
    /// Labels stay within an area and off what is taken.
    pub(crate) fn new(within: Area, taken: Vec<Area>, lines: Vec<Area>) -> Self {
        Placer { within, taken, lines }
    }

    /// A place for a label of this size beside a point: its left edge and its middle. None if there is no free one.
    pub(crate) fn place(&mut self, point: (f64, f64), (width, height): (f64, f64)) -> Option<Area> {
        let candidates =
            || candidates(point, width, height).filter(|area| area.is_in(&self.within) && !self.is_taken(area));
        let is_clear = |area: &Area| !self.lines.iter().any(|line| line.meets(area));
        let found = candidates().find(is_clear).or_else(|| candidates().next())?;
        self.taken.push(found);
        Some(found)
    }

    fn is_taken(&self, area: &Area) -> bool {
        self.taken.iter().any(|other| other.meets(area))
    }
}

/// Places around a point, the best first.
fn candidates((x, y): (f64, f64), width: f64, height: f64) -> impl Iterator<Item = Area> {
    let near = 9.0;
    let beside = |dx: f64, dy: f64| Area {
        left: x + dx,
        top: y + dy - height / 2.0,
        right: x + dx + width,
        bottom: y + dy + height / 2.0,
    };
    let up = height / 2.0 + near;
    let (right, left, middle) = (near, -near - width, -width / 2.0);
    [
        beside(right, 0.0),
        beside(near / 2.0, -up + 2.0),
        beside(left, 0.0),
        beside(middle, -up),
        beside(middle, up),
        beside(left + near / 2.0, -up + 2.0),
        beside(near / 2.0, up - 2.0),
        beside(left + near / 2.0, up - 2.0),
        beside(right, -up),
        beside(left, -up),
        beside(right, up),
        beside(left, up),
    ]
    .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_neither_overlap_nor_leave() {
        let within = Area { left: 0.0, top: 0.0, right: 300.0, bottom: 120.0 };
        let points = [(150.0, 60.0), (152.0, 62.0), (155.0, 60.0), (290.0, 10.0), (5.0, 118.0)];
        let taken: Vec<Area> = points.iter().map(|&point| Area::around(point, 5.0)).collect();
        let mut placer = Placer::new(within, taken, vec![]);
        let placed: Vec<Area> = points.iter().filter_map(|&point| placer.place(point, (80.0, 16.0))).collect();
        assert!(placed.len() >= 4, "{placed:?}");
        for (index, area) in placed.iter().enumerate() {
            assert!(area.is_in(&within) && placed[..index].iter().all(|other| !other.meets(area)), "{placed:?}");
        }
    }

    #[test]
    fn where_all_is_taken_there_is_no_label() {
        let within = Area { left: 0.0, top: 0.0, right: 100.0, bottom: 20.0 };
        assert_eq!(Placer::new(within, vec![within], vec![]).place((50.0, 10.0), (20.0, 10.0)), None);
    }
}
