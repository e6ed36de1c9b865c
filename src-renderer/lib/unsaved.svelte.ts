/** What the page knows of changes that no host has answered. Only client.ts writes it, but for `isLeaving`. */
import type { UnsavedCall } from './unsaved.ts';

export const unsaved = $state({
  /** Of this window, while it has no connection. */
  here: 0,
  /** The browser holds those too. */
  isKept: true,
  /** Of windows of this project that are gone, to be offered. */
  left: [] as UnsavedCall[],
  /** The window goes to another address and takes them along. */
  isLeaving: false,
});
