/** Diagonal hatch, the mark of an interpolated value, one pattern a colour; made once and kept with the theme that owns it. */
const kept = new Map<string, CanvasPattern>();

export function hatch(context: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const found = kept.get(colour);
  if (found) return found;
  const size = 8;
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const pen = tile.getContext('2d');
  if (!pen) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  for (let shift = -size; shift <= size * 2; shift += 4) {
    pen.beginPath();
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
    pen.stroke();
  }
  const pattern = context.createPattern(tile, 'repeat');
  if (!pattern) return colour;
  kept.set(colour, pattern);
  return pattern;
}
