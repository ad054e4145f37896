// Small helpers to build the page: elements, and fields with a label.

export const $ = (selector) => document.querySelector(selector);

/** An element with properties (`dataset`, `style` and `aria-*` included) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'dataset' || name === 'style') Object.assign(element[name], value);
    else if (name.includes('-') || name === 'role' || name === 'for')
      element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/**
 * Sets an element's text only where the text differs: a live page rewrites many texts that did not
 * change.
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The large number of a panel; '' stands for none yet. */
export function figure(element, text) {
  say(element, text || '–');
  element.classList.toggle('empty', !text);
}

/**
 * A slider with its label and a readout. `read` turns the slider's value into the text of the
 * readout.
 */
export function slider({ id, label, min, max, step, value, read, onChange }) {
  const input = h('input', { id, type: 'range', min, max, step, value });
  const out = h('output', { for: id });
  const tell = () => say(out, read(input.valueAsNumber));
  input.addEventListener('input', tell);
  input.addEventListener('change', () => onChange?.(input.valueAsNumber));
  tell();
  return {
    row: h('label', { className: 'field' }, h('span', {}, label), out, input),
    get value() {
      return input.valueAsNumber;
    },
    set value(to) {
      input.value = to;
      tell();
    },
  };
}

/** A drop-down list; `choices` are [value, text]. */
export function choice({ id, label, choices, value, onChange }) {
  const select = h(
    'select',
    { id },
    ...choices.map(([key, text]) => h('option', { value: key }, text)),
  );
  if (value !== undefined) select.value = value;
  select.addEventListener('change', () => onChange?.(select.value));
  return {
    row: h('label', { className: 'field' }, h('span', {}, label), select),
    get value() {
      return select.value;
    },
    set value(to) {
      select.value = to;
    },
  };
}

/** Resolves at the next animation frame, or soon in a hidden tab, which has none. */
export const frame = () =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, 100);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
