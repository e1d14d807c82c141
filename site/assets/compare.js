// Compares entries in the page: the same bootstrap from the same numbers as `golf compare`, bit for bit (harness/record/src/compare).
"use strict";
const RESAMPLES = 9999;
const LEVEL = 0.05;
const ENOUGH = 8;
const STRATUM = 5;
const POWER = 1.959963984540054 + 0.841621233572914;
const BIT = 65536;

/** SplitMix64 in halves of 32 bits. */
class Random {
  constructor(seed) { this.high = 0; this.low = seed >>> 0; }

  /** The upper half of the next 64 bits. */
  upper() {
    const low = this.low + 0x7f4a7c15;
    this.high = (this.high + 0x9e3779b9 + (low > 0xffffffff ? 1 : 0)) >>> 0;
    this.low = low >>> 0;
    let high = this.high ^ (this.high >>> 30);
    let rest = this.low ^ ((this.low >>> 30) | (this.high << 2));
    [high, rest] = times(high >>> 0, rest >>> 0, 0xbf58476d, 0x1ce4e5b9);
    [high, rest] = [high ^ (high >>> 27), rest ^ ((rest >>> 27) | (high << 5))];
    [high] = times(high >>> 0, rest >>> 0, 0x94d049bb, 0x133111eb);
    return (high ^ (high >>> 31)) >>> 0;
  }

  below(bound) { return Math.floor((this.upper() * bound) / 4294967296); }
}

/** The lower 64 bits of a product, in halves. */
function times(aHigh, aLow, bHigh, bLow) {
  const a0 = aLow & 0xffff, a1 = aLow >>> 16, b0 = bLow & 0xffff, b1 = bLow >>> 16;
  const lowest = a0 * b0, middle = a1 * b0 + (lowest >>> 16), other = a0 * b1 + (middle & 0xffff);
  const carry = a1 * b1 + Math.floor(middle / 65536) + Math.floor(other / 65536);
  const high = (carry + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow)) >>> 0;
  return [high, ((other << 16) | (lowest & 0xffff)) >>> 0];
}

/** Items that are drawn from together: of both entries at once if `paired`. Sides are lists of [value, weight]. */
function strata(a, b) {
  const all = [];
  for (const fresh of [false, true]) {
    const sides = [a, b].map(task => task.strata.filter(stratum => stratum.fresh === fresh));
    const names = [...new Set(sides.flat().map(stratum => stratum.group))].sort();
    const of = (side, name) => side.filter(stratum => stratum.group === name);
    const apart = names.every(name => sides.every(side => of(side, name).some(stratum => stratum.values.length >= STRATUM)));
    const groups = apart ? names.map(name => sides.map(side => of(side, name))) : [sides];
    for (const group of groups) {
      if (!fresh && group[0].map(stratum => stratum.ids).join() !== group[1].map(stratum => stratum.ids).join()) throw "not of the same items";
      const parts = group.map(side => side.flatMap(stratum => stratum.values.map((value, index) => [value, stratum.weights?.[index] ?? 1])));
      if (parts[0].length + parts[1].length > 0) all.push({ paired: !fresh, sides: parts });
    }
  }
  return all;
}

function ratio(all, side) {
  let value = 0, weight = 0;
  for (const stratum of all) for (const part of stratum.sides[side]) { value += part[0]; weight += part[1]; }
  return value / weight;
}

/** Differences of the scores when all strata are drawn from again, each as often as it has items. */
function differences(all) {
  const random = new Random(0x676f6c66);
  const drawn = new Float64Array(RESAMPLES);
  for (let time = 0; time < RESAMPLES; time++) {
    const value = [0, 0], weight = [0, 0];
    for (const { paired, sides: [first, second] } of all) {
      if (paired) {
        for (let count = first.length; count > 0; count--) {
          const at = random.below(first.length);
          value[0] += first[at][0]; weight[0] += first[at][1];
          value[1] += second[at][0]; weight[1] += second[at][1];
        }
        continue;
      }
      for (const [side, parts] of [first, second].entries()) {
        for (let count = parts.length; count > 0; count--) {
          const part = parts[random.below(parts.length)];
          value[side] += part[0]; weight[side] += part[1];
        }
      }
    }
    drawn[time] = value[0] / weight[0] - value[1] / weight[1];
  }
  return drawn.sort();
}

/** The smallest true difference that would be found four times in five; none if nothing is known of the spread. */
function detectable(all) {
  const residual = side => {
    let weight = 0;
    for (const stratum of all) for (const part of stratum.sides[side]) weight += part[1];
    const score = ratio(all, side);
    return part => (part[0] - score * part[1]) / weight;
  };
  const [first, second] = [residual(0), residual(1)];
  const squares = residuals => {
    const n = residuals.length;
    const mean = residuals.reduce((sum, each) => sum + each, 0) / n;
    return (residuals.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) * n) / Math.max(n - 1, 1);
  };
  const variance = ({ paired, sides: [a, b] }) =>
    paired ? squares(a.map((part, index) => first(part) - second(b[index]))) : squares(a.map(first)) + squares(b.map(second));
  const difference = POWER * Math.sqrt(all.reduce((sum, stratum) => sum + variance(stratum), 0));
  return difference > 0 ? difference : null;
}

/** Two entries on a task; throws a text if they can't be compared. */
function comparison(a, b, id) {
  const tasks = [a, b].map(entry => entry.tasks.find(task => task.id === id));
  if (!tasks[0] || !tasks[1]) throw "one of them has no score";
  const isFresh = tasks[0].strata.some(stratum => stratum.fresh);
  if (tasks[0].version !== tasks[1].version || (isFresh && a.season !== b.season)) throw "of different versions or seasons";
  const items = tasks.map(task => task.strata.reduce((sum, stratum) => sum + stratum.values.length, 0));
  if (Math.min(...items) < ENOUGH) throw `${Math.min(...items)} items are too few to tell`;
  const lessIsBetter = tasks[0].less_is_better;
  const all = strata(...tasks);
  const swapped = a.artifact > b.artifact;
  const drawn = swapped ? all.map(stratum => ({ ...stratum, sides: [...stratum.sides].reverse() })) : all;
  const found = differences(drawn);
  const tail = (RESAMPLES + 1) / 40;
  const below = found.filter(each => each <= 0).length, above = found.filter(each => each >= 0).length;
  const p = Math.min(1, (2 * (1 + Math.min(below, above))) / (RESAMPLES + 1));
  let [difference, low, high] = [ratio(drawn, 0) - ratio(drawn, 1), found[tail - 1], found[RESAMPLES - tail]];
  if (swapped) [difference, low, high] = [-difference, -high, -low];
  const unit = lessIsBetter ? BIT : 1;
  const resolution = detectable(all);
  return {
    task: `${id}@${tasks[0].version}`, lessIsBetter, a: ratio(all, 0) / unit, b: ratio(all, 1) / unit,
    difference: difference / unit, low: low / unit, high: high / unit, p, detectable: resolution === null ? null : resolution / unit,
    better: p > LEVEL ? null : (difference < 0) === lessIsBetter ? "a" : "b",
  };
}
