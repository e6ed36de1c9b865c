/** Figures of the queries shown, kept up: values at once, intervals as soon as they are drawn, in turns so that the page stays quick. */
import { fillInTurns, prepareFigures, type Figures, type FiguresInput } from '../../../src-shared/evaluation/figures.ts';

export function drawnFigures(input: () => FiguresInput | null): { readonly now: Figures | null } {
  let now = $state.raw<Figures | null>(null);
  $effect(() => {
    const wanted = input();
    const prepared = wanted && prepareFigures(wanted);
    now = prepared?.figures ?? null;
    let isWanted = prepared !== null;
    const turn = async (): Promise<boolean> => {
      await new Promise((resolve) => setTimeout(resolve));
      return isWanted;
    };
    // A moment's rest first: while a filter is typed, only the last one is drawn for.
    const later = setTimeout(() => {
      if (prepared) void fillInTurns(prepared, turn).then((filled) => isWanted && filled && (now = filled));
    }, 60);
    return () => {
      isWanted = false;
      clearTimeout(later);
    };
  });
  return {
    get now() {
      return now;
    },
  };
}
