/** Dark, light, or as the system says. The setting lives in the host; localStorage keeps a copy for the first paint. */
import { keepText, storageOf } from './storage.ts';

export type Theme = 'dark' | 'light' | 'system';
export const THEMES: readonly { value: Theme; label: string }[] = [
  { value: 'dark', label: 'Dark' },
  { value: 'light', label: 'Light' },
  { value: 'system', label: 'As the system' },
];

const light = matchMedia('(prefers-color-scheme: light)');
export const theme = $state({ chosen: 'system' as Theme, shown: (document.documentElement.dataset['theme'] ?? 'dark') as 'dark' | 'light' });

/** Shows a theme; saving it is the caller's matter (`settings.set` with the key 'theme'). */
export function showTheme(chosen: unknown): void {
  theme.chosen = chosen === 'dark' || chosen === 'light' ? chosen : 'system';
  apply();
  // Storage may be off; then only the first paint is wrong.
  keepText(
    storageOf(() => localStorage),
    'theme',
    theme.chosen,
  );
}

function apply(): void {
  theme.shown = theme.chosen === 'system' ? (light.matches ? 'light' : 'dark') : theme.chosen;
  document.documentElement.dataset['theme'] = theme.shown;
}
light.addEventListener('change', apply);
