// A file from the user: picked with a button, or dropped on the stage.

import { h } from './dom.js';

/**
 * @param {object} options { id, label, accept, onto, take }: `take` gets the file that is chosen,
 *   or dropped on the element `onto`
 * @returns {HTMLElement} the button
 */
export function filePicker({ id, label, accept = '', onto, take }) {
  const input = h('input', {
    id,
    type: 'file',
    accept,
    className: 'hidden-file',
    tabIndex: -1,
    'aria-label': label,
  });
  input.addEventListener('change', () => {
    if (input.files[0]) take(input.files[0]);
    input.value = ''; // the same file again is a change too
  });
  for (const type of ['dragenter', 'dragover']) {
    onto.addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      onto.classList.add('dropping');
    });
  }
  onto.addEventListener('dragleave', (event) => {
    if (!onto.contains(event.relatedTarget)) onto.classList.remove('dropping');
  });
  onto.addEventListener('drop', (event) => {
    event.preventDefault();
    onto.classList.remove('dropping');
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
  return h(
    'span',
    { className: 'picker' },
    h('button', { type: 'button', onclick: () => input.click() }, label),
    input,
  );
}
