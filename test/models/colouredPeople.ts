/** A made-up set for tests of training: every identity is a shirt and trousers colour on noise, every camera has its own light. */
import { createRng } from '../../models/rng.ts';
import type { ClipSource, FrameSize, SourceTracklet } from '../../models/train/clipSource.ts';

export interface People {
  identities: number;
  cameras: number;
  /** Tracklets per identity and camera. */
  tracklets: number;
  length: number;
  seed: number;
}

export function colouredPeople({ identities, cameras, tracklets, length, seed }: People): ClipSource {
  const list: SourceTracklet[] = [];
  for (let pid = 0; pid < identities; pid++)
    for (let camid = 0; camid < cameras; camid++) for (let i = 0; i < tracklets; i++) list.push({ id: list.length + 100, pid: pid * 3, camid, length });
  const clothes = (pid: number): number[] => {
    const rng = createRng(`${seed} clothes ${pid}`);
    return Array.from({ length: 6 }, () => 40 + rng.below(176));
  };

  function draw(tracklet: number, frame: number, { height, width }: FrameSize): Uint8Array {
    const { pid, camid } = list[tracklet - 100]!;
    const rng = createRng(`${seed} frame ${tracklet} ${frame}`);
    const colours = clothes(pid);
    const light = 0.75 + 0.25 * camid;
    const shift = rng.below(Math.max(1, Math.floor(width / 6)));
    const pixels = new Uint8Array(height * width * 3);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const inside = x > width * 0.2 + shift && x < width * 0.7 + shift && y > height * 0.15;
        for (let c = 0; c < 3; c++) {
          const base = inside ? colours[c + (y > height * 0.55 ? 3 : 0)]! : 110;
          pixels[(y * width + x) * 3 + c] = Math.max(0, Math.min(255, base * light + 50 * (rng.next() - 0.5)));
        }
      }
    return pixels;
  }

  return {
    tracklets: list,
    read(tracklet, frames, size) {
      const clip = new Uint8Array(frames.length * size.height * size.width * 3);
      frames.forEach((frame, i) => clip.set(draw(tracklet, frame, size), i * size.height * size.width * 3));
      return Promise.resolve(clip);
    },
  };
}
