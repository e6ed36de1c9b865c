/**
 * The focus goes back where it came from: a field or a menu that took it gives it to the element that had it before, so that the keys of the
 * view go on working there. Tested by test/e2e/focus.test.ts.
 */
const before = new WeakMap<Element, HTMLElement>();

addEventListener('focusin', (event) => {
  if (event.target instanceof HTMLElement && event.relatedTarget instanceof HTMLElement) before.set(event.target, event.relatedTarget);
});

/** What had the focus before this element got it, while it is still there. */
export function focusBefore(element: Element | undefined): HTMLElement | null {
  const found = element && before.get(element);
  return found?.isConnected ? found : null;
}

/** For a field that is done with: back to what had the focus, else to where the view's keys live. */
export function giveFocusBack(field: HTMLElement, home: HTMLElement | null | undefined): void {
  const target = focusBefore(field) ?? home;
  if (target) target.focus();
  else field.blur();
}
