// What tests call by runtime.call(): in a worker of Node's or of a browser's, and on the owner's thread in the cooperative mode.
import { transfer } from '../../web/index.js'

export const add = (a, b) => a + b
export const same = (...values) => values
export const nothing = () => {}
export default (name) => `hello, ${name}`
export const later = async (value, ms = 5) => {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return value
}
export const fail = (text) => {
  throw Object.assign(new TypeError(text, { cause: new RangeError('below') }), { detail: 7 })
}
export const failLater = async (text) => {
  await later()
  fail(text)
}
export const never = () => new Promise(() => {})
export const large = (bytes) => new Uint8Array(bytes).fill(7)
export const moved = (bytes) => {
  const array = new Uint8Array(bytes).fill(5)
  return transfer(array, [array.buffer])
}
export const sum = (array) => array.reduce((a, b) => a + b, 0)
export const fill = (array, value) => void array.fill(value)
export const busy = (words) => {
  Atomics.add(words, 1, 1)
  while (!Atomics.load(words, 0));
}
export const unclonable = () => () => {}
export const throwText = () => {
  throw 'only text'
}
export const longError = () => {
  throw new Error('x'.repeat(5000))
}
let calls = 0
export const count = () => ++calls
