/** Whether the project is open for looking only, and which commands then rest. App.svelte fills it in; commands.svelte.ts asks. */

export const readOnly = $state({ reason: null as string | null });

const CHANGING =
  /^(app\.(undo|redo)|tracklets\.(reviewed|to[A-Z]\w*)|datasets\.(import|synthetic|rename|remove)|runs\.(new|stop|resume|rename|remove)|jobs\.(cancel|retry|clear)|annotate\.(paint\d+|part\.\w+|confirm\w*|repeat|clear|interpolate\w+|reviewed\w*|disputed|note))$/;

/** Would it be refused, since it changes the project? */
export function rests(commandId: string): boolean {
  return readOnly.reason !== null && CHANGING.test(commandId);
}
