/** Readers of what no importer reads, written apart from the exporters that make it. */
import type { Told } from './exporterSets.ts';

type Reader = (files: Record<string, string>) => Promise<Told>;

interface LabelLine {
  kind: string;
  [key: string]: unknown;
}

async function annotations(files: Record<string, string>): Promise<Told> {
  const told: Told = { cameraNames: [], identities: [], tracklets: [] };
  for (const text of (files['labels.jsonl'] ?? '').trimEnd().split('\n')) {
    const { kind, ...line } = JSON.parse(text) as LabelLine;
    if (kind === 'camera') told.cameraNames.push([line['camid'] as number, line['name'] as string]);
    if (kind === 'identity') told.identities.push({ pid: line['pid'] as number, name: line['name'] as string, kind: line['is'] as string });
    if (kind === 'tracklet') {
      const {
        tracklet: key,
        pid,
        camid,
        side: split,
        frames,
      } = line as unknown as { tracklet: string; pid: number; camid: number; side: string; frames: number[] };
      told.tracklets.push({ key, pid, camid, split, frames, boxes: null, ignored: null, pictures: null, values: [] });
    }
    if (kind === 'value') {
      const { tracklet, field, start, end, value, how, layer, annotator } = line as unknown as Record<
        'tracklet' | 'field' | 'how' | 'layer' | 'annotator',
        string
      > & {
        start: number;
        end: number;
        value: unknown;
      };
      const own = told.tracklets.find(({ key }) => key === tracklet);
      const ours = field === 'hidden_parts' ? 'hiddenParts' : field;
      for (let frame = start; frame <= end; frame++) own?.values.push({ field: ours, frame, value, how, layer, annotator });
    }
  }
  return told;
}

export const READERS: Record<string, Reader | undefined> = { annotations };
