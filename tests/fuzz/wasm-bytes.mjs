// A WebAssembly module's sections, taken apart and put together again.

/** A number in LEB128, in at least so many bytes. */
export function leb(number, atLeast = 1) {
  const bytes = [];
  let rest = BigInt(number);
  do {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest || bytes.length + 1 < atLeast ? byte | 0x80 : byte);
  } while (rest || bytes.length < atLeast);
  return bytes;
}

/** { value, next: where the bytes after the number begin } */
export function unleb(bytes, at) {
  let value = 0;
  for (let shift = 0; at < bytes.length; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  return { value, next: at };
}

/** A name, with its length first. */
export const nameBytes = (name) => {
  const text = new TextEncoder().encode(name);
  return [...leb(text.length), ...text];
};

/** [{ id, body: bytes }] of a module that is whole. */
export function sections(bytes) {
  const found = [];
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at];
    const { value, next } = unleb(bytes, at + 1);
    found.push({ id, body: bytes.slice(next, next + value) });
    at = next + value;
  }
  return found;
}

/** A module of sections; those with `raw` say how long they are themselves. */
export function assembled(parts) {
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  for (const { id, body, raw } of parts) {
    bytes.push(id, ...(raw ?? leb(body.length)));
    for (const byte of body) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

const CUSTOM = 0;
/** A section dylink.0 of these bytes. */
export const dylinkSection = (content) => ({
  id: CUSTOM,
  body: Uint8Array.from([...nameBytes('dylink.0'), ...content]),
});

/** Whether a section is the custom one of this name. */
export const isCustom = ({ id, body }, name) =>
  id === CUSTOM && nameBytes(name).every((byte, i) => body[i] === byte);
