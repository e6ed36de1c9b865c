/** How well typed words fit a title: every word must start a word of it, or at least occur. Tested by test/renderer/match.test.ts. */

/** 0 = does not fit; higher fits better. */
export function fit(title: string, typed: string): number {
  const text = title.toLowerCase();
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  let sum = 1;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    const startsWord = at === 0 || new RegExp(`[^a-z0-9]${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`).test(text);
    sum += (at === 0 ? 4 : startsWord ? 3 : 1) + word.length / text.length;
  }
  return sum;
}

/** The title in pieces, those that were typed marked. */
export function marked(title: string, typed: string): { text: string; isHit: boolean }[] {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const hits = new Array<boolean>(title.length).fill(false);
  for (const word of words) {
    const at = title.toLowerCase().indexOf(word);
    if (at >= 0) hits.fill(true, at, at + word.length);
  }
  const pieces: { text: string; isHit: boolean }[] = [];
  for (let i = 0; i < title.length; i++) {
    const last = pieces.at(-1);
    if (last && last.isHit === hits[i]) last.text += title[i];
    else pieces.push({ text: title[i] ?? '', isHit: hits[i] ?? false });
  }
  return pieces;
}
