// A view of a plane that the user moves: drag, wheel, pinch, double-click, keys. Pixels here are
// CSS pixels.
//
// A view is { cx, cy, span }: the point in the middle, and the units from left to right. The y axis
// points up.

const STEP = 0.12; // of the span, for an arrow key
const KEY_ZOOM = 0.75;
const LEAST = 2e-14; // of the span: below it doubles can no longer tell pixels apart
const MOST = 12;

/**
 * @param {HTMLElement} element what the gestures happen on
 * @param {{ view: object, home(): void, change(): void, hold(held: boolean): void }} target
 *   `view` is changed in place; `hold` tells when a drag or a pinch begins and ends
 */
export function gestures(element, target) {
  const { view } = target;
  const pointers = new Map();
  const box = () => element.getBoundingClientRect();

  function pan(dx, dy) {
    const unit = view.span / box().width;
    view.cx -= dx * unit;
    view.cy += dy * unit;
  }

  /** Zooms so that the point under (x, y), relative to the element, stays there. */
  function zoom(factor, x, y) {
    const { width, height } = box();
    const span = Math.min(MOST, Math.max(LEAST, view.span * factor));
    const moved = (view.span - span) / width;
    view.cx += (x - width / 2) * moved;
    view.cy -= (y - height / 2) * moved;
    view.span = span;
  }

  function zoomMiddle(factor) {
    const { width, height } = box();
    zoom(factor, width / 2, height / 2);
    target.change();
  }

  const place = (event) => {
    const { left, top } = box();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const middle = () => {
    const all = [...pointers.values()];
    const sum = all.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }), { x: 0, y: 0 });
    return { x: sum.x / all.length, y: sum.y / all.length };
  };
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };

  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.target !== element) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    target.hold(true);
  });
  element.addEventListener('pointermove', (event) => {
    if (!pointers.has(event.pointerId)) return;
    const from = middle(),
      apart = spread();
    pointers.set(event.pointerId, place(event));
    const to = middle();
    pan(to.x - from.x, to.y - from.y);
    if (apart && spread()) zoom(apart / spread(), to.x, to.y);
    target.change();
  });
  const release = (event) => {
    if (pointers.delete(event.pointerId) && !pointers.size) target.hold(false);
  };
  element.addEventListener('pointerup', release);
  element.addEventListener('pointercancel', release);

  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const { x, y } = place(event);
      // Lines and pages count as so many pixels; ctrlKey marks a pinch on a touchpad, whose steps
      // are small.
      const pixels = event.deltaY * [1, 16, 400][event.deltaMode] * (event.ctrlKey ? 4 : 1);
      zoom(Math.exp(Math.max(-200, Math.min(200, pixels)) * 0.0025), x, y);
      target.change();
    },
    { passive: false },
  );

  element.addEventListener('dblclick', (event) => {
    if (event.target !== element) return;
    const { x, y } = place(event);
    zoom(event.shiftKey ? 2.5 : 0.4, x, y);
    target.change();
  });

  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEP * box().width;
    const moves = {
      ArrowLeft: () => pan(step, 0),
      ArrowRight: () => pan(-step, 0),
      ArrowUp: () => pan(0, step),
      ArrowDown: () => pan(0, -step),
    };
    if (moves[event.key]) moves[event.key](), target.change();
    else if (event.key === '+' || event.key === '=') zoomMiddle(KEY_ZOOM);
    else if (event.key === '-' || event.key === '_') zoomMiddle(1 / KEY_ZOOM);
    else if (event.key === '0' || event.key === 'Home') target.home();
    else return;
    event.preventDefault();
  });

  return { zoomIn: () => zoomMiddle(0.5), zoomOut: () => zoomMiddle(2) };
}
