/** What stands in a module's place. Loaded where a module was refused. */
import { show } from '../core/show.js';
import { decoder } from '../core/text.js';

/** '': the bytes begin as a module does, or as nothing that is known. */
function kindOf(bytes, type) {
  if (!bytes.length) return 'no bytes';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    return 'bytes compressed by gzip, without the header Content-Encoding: gzip';
  const text = decoder.decode(bytes.subarray(0, 64)).trim();
  if (/[^\s\P{C}]|\ufffd/u.test(text.slice(0, -1))) return ''; // its last letter may be cut
  if (text.startsWith('version https://git-lfs'))
    return 'a pointer of Git LFS instead of the file: git lfs pull';
  return `${text[0] === '<' || /html/.test(type) ? 'HTML' : 'text'}: ${show(text)}`;
}

/** @param {string} [type] the Content-Type, where a server sent the bytes */
export function mistake(bytes, type) {
  const kind = kindOf(bytes, type);
  return kind && new TypeError(type === undefined ? kind : `the server sent ${kind}`);
}
