/** F6: the focus goes from panel to panel of the view, to the element it had there last, or to its first one. */

const last = new WeakMap<Element, HTMLElement>();

addEventListener('focusin', (event) => {
  if (!(event.target instanceof HTMLElement)) return;
  const panel = event.target.closest('.panel');
  if (panel) last.set(panel, event.target);
});

export function focusPanel(step: 1 | -1): void {
  const panels = [...document.querySelectorAll<HTMLElement>('.view .panel')].filter(
    (panel) => panel.offsetParent !== null && panel.offsetWidth > 0 && !panel.parentElement?.closest('.panel'),
  );
  if (panels.length === 0) return;
  const at = panels.findIndex((panel) => panel.contains(document.activeElement));
  const next = panels[(at + step + panels.length) % panels.length];
  if (!next) return;
  const remembered = last.get(next);
  const first = next.querySelector<HTMLElement>('[data-panel-focus], [tabindex="0"], button:not([disabled]), a[href], input, select, textarea');
  const target = remembered?.isConnected ? remembered : first;
  if (target) target.focus();
  else {
    next.tabIndex = -1;
    next.focus();
  }
}
