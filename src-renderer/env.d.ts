/// <reference types="svelte" />
/// <reference types="vite/client" />

/** The calls that change something; filled in by vite.config.ts from the contract. */
declare const __CHANGING_CALLS__: Record<string, 'command' | 'record' | 'job'>;
/** Those of them that can be undone, and so may be kept for a host that comes back later. */
declare const __KEPT_CALLS__: string[];
/** Those that a project which cannot be written refuses. */
declare const __PROJECT_CALLS__: string[];
/** JSON schema of a recipe (src-shared/recipe/recipe.ts). */
declare const __RECIPE_SCHEMA__: { properties: Record<string, unknown> };

/** What the desktop window adds to a page (src-main/shell/preload.ts); absent in a browser. */
interface TrackletShell {
  pickFolder(title: string): Promise<string | null>;
  pickFile(title: string, extensions: string[]): Promise<string | null>;
  chooseProgram(key: string): Promise<{ path: string; problem: string | null } | null>;
  reveal(path: string): Promise<void>;
  onCommand(listener: (id: string) => void): () => void;
  /** How commands stand that name what they would do, or can do nothing now: the native menu says the same as the palette. */
  showCommands(states: readonly CommandState[]): void;
}

interface CommandState {
  id: string;
  title: string;
  /** Why it can do nothing now; null where it can. */
  why: string | null;
}

interface Window {
  trackletShell?: TrackletShell;
}
