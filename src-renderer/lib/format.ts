/**
 * Numbers, shares and times as this program writes them: thousands with commas, − for minus, one decimal for percent, two for AP,
 * times in 24 hours, a guess marked with "about". Tested by test/renderer/format.test.ts.
 */

const INTEGER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function minus(text: string): string {
  return text.replace(/^-/, '−');
}

/** 117206 → "117,206". */
export function count(value: number): string {
  return minus(INTEGER.format(value));
}

/** "1 frame", "96 frames". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Share 0..1 → "31.4 %"; with digits 0 "31 %". Never rounds something to nothing or to everything. */
export function percent(share: number, digits = 1): string {
  const value = share * 100;
  const shown = value.toFixed(digits);
  const least = 10 ** -digits;
  if (value > 0 && Number(shown) === 0) return `< ${least.toFixed(digits)} %`;
  if (value < 100 && Number(shown) === 100) return `> ${(100 - least).toFixed(digits)} %`;
  return `${minus(shown)} %`;
}

/** Average precision and its like, 0..1 → "71.42" (percent with two decimals). */
export function score(value: number): string {
  return minus((value * 100).toFixed(2));
}

/** A difference of scores with its sign: 0.0214 → "+2.14". */
export function scoreDifference(value: number): string {
  const text = score(value);
  return value > 0 && Number((value * 100).toFixed(2)) > 0 ? `+${text}` : text;
}

/** A number with so many decimals and commas. */
export function decimal(value: number, digits = 1): string {
  return minus(value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
}

/** A name of so many characters at most, its middle left out: names of runs often differ at their end. */
export function shortened(name: string, most: number): string {
  if (name.length <= most) return name;
  const end = Math.floor((most - 1) / 2);
  return `${name.slice(0, most - 1 - end)}…${name.slice(name.length - end)}`;
}

/** 25_300_000 → "25.3 M". */
export function large(value: number, digits = 1): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${decimal(value / 1e9, digits)} G`;
  if (size >= 1e6) return `${decimal(value / 1e6, digits)} M`;
  if (size >= 1e4) return `${decimal(value / 1e3, digits)} k`;
  return count(value);
}

/** Bytes → "68 MB". */
export function bytes(value: number): string {
  if (value >= 1e9) return `${decimal(value / 1e9, 1)} GB`;
  if (value >= 1e6) return `${count(value / 1e6)} MB`;
  if (value >= 1e3) return `${count(value / 1e3)} kB`;
  return counted(value, 'byte');
}

/** Milliseconds since 1970 → "14:31:52", or "14:31". */
export function clockTime(at: number, hasSeconds = true): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', ...(hasSeconds ? { second: '2-digit' } : {}), hour12: false });
}

/** "2026-11-21", and with the time when it is asked for. */
export function dateTime(at: number, hasTime = true): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
  return hasTime ? `${day} ${clockTime(at, false)}` : day;
}

/** Seconds → "14 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return join(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86400) return join(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return join(Math.floor(whole / 86400), 'd', Math.floor((whole % 86400) / 3600), 'h');
}

function join(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** A value 0..10 of the field visibility: "0 hidden", "60–70 % hidden". */
export function hiddenRange(value: number): string {
  return value === 0 ? 'nothing hidden' : `${(value - 1) * 10}–${value * 10} % hidden`;
}

/** A range of numbers with an en dash: "529–624". */
export function range(from: number, to: number): string {
  return from === to ? count(from) : `${count(from)}–${count(to)}`;
}
