/** The tokens a canvas needs, read from the style sheet once a theme, so that drawing uses the same colours as everything else. */
export interface CanvasTheme {
  bg1: string;
  bg2: string;
  line1: string;
  line2: string;
  lineCtl: string;
  bg4: string;
  text1: string;
  text2: string;
  text3: string;
  accent: string;
  accentFill: string;
  accentSoft: string;
  ghost: string;
  warn: string;
  axis: string;
  stage: string;
  stageHole: string;
  plate: string;
  font: string;
  /** Ground of hidden, 0..10. */
  hidden: readonly string[];
}

export function readTheme(element: Element): CanvasTheme {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    bg1: token('bg-1'),
    bg2: token('bg-2'),
    bg4: token('bg-4'),
    line1: token('line-1'),
    line2: token('line-2'),
    lineCtl: token('line-ctl'),
    text1: token('text-1'),
    text2: token('text-2'),
    text3: token('text-3'),
    accent: token('accent'),
    accentFill: token('accent-fill'),
    accentSoft: token('accent-soft'),
    ghost: token('ghost'),
    warn: token('warn'),
    axis: token('axis'),
    stage: token('stage'),
    stageHole: token('stage-hole'),
    plate: token('plate'),
    font: token('font'),
    hidden: Array.from({ length: 11 }, (_, k) => token(`occ-${k}`)),
  };
}
