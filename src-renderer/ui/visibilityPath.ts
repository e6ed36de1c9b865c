/** Bars of visibility values as one SVG path a value, so that a strip of any length costs at most eleven elements. */

/** More columns than this would be thinner than half a pixel; the strongest value of each group stands for it. */
const MOST_COLUMNS = 480;

type Bars = { columns: number; paths: { value: number; d: string }[] };
/** Values never change in place: a tracklet that changed comes with a new array. */
const drawn = new WeakMap<object, Map<number, Bars>>();

export function barPaths(values: ArrayLike<number>, height: number): Bars {
  let byHeight = drawn.get(values);
  if (!byHeight) drawn.set(values, (byHeight = new Map()));
  let bars = byHeight.get(height);
  if (!bars) byHeight.set(height, (bars = draw(values, height)));
  return bars;
}

function draw(values: ArrayLike<number>, height: number): Bars {
  const group = Math.max(1, Math.ceil(values.length / MOST_COLUMNS));
  const columns = Math.max(1, Math.ceil(values.length / group));
  const byValue: string[] = Array.from({ length: 11 }, () => '');
  // Runs of one value become one rectangle.
  let start = 0;
  let previous = -1;
  for (let column = 0; column <= columns; column++) {
    let value = -1;
    if (column < columns) for (let i = column * group; i < Math.min(values.length, (column + 1) * group); i++) value = Math.max(value, values[i] ?? -1);
    if (column > 0 && value === previous && column < columns) continue;
    if (previous >= 0 && previous <= 10 && column > start) {
      const tall = previous === 0 ? 1 : Math.max(2, Math.round((previous / 10) * height * 10) / 10);
      byValue[previous] += `M${start} ${height}v${-tall}H${column}V${height}z`;
    }
    start = column;
    previous = value;
  }
  return { columns, paths: byValue.flatMap((d, value) => (d === '' ? [] : [{ value, d }])) };
}
