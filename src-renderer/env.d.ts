/// <reference types="svelte" />
/// <reference types="vite/client" />

/** The calls that change something; filled in by vite.config.ts from the contract. */
declare const __CHANGING_CALLS__: Record<string, 'command' | 'job'>;

/** What the desktop window adds to a page (src-main/shell/preload.ts); absent in a browser. */
interface TrackletShell {
  pickFolder(title: string): Promise<string | null>;
  pickFile(title: string, extensions: string[]): Promise<string | null>;
  reveal(path: string): Promise<void>;
  onCommand(listener: (id: string) => void): () => void;
}

interface Window {
  trackletShell?: TrackletShell;
}
