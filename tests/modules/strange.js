// What tests call that behaves as few functions do.
// A worker of Node's has the environment of its start.
if (globalThis.process?.env.FILCH_TEST_REFUSED) throw new Error('refused')

export const add = (a, b) => a + b
const plain = () => Object.assign(Object.create(null), { f() {} })
export const bare = () => {
  throw plain()
}
export const bareLater = async () => bare()
const hidden = () => ({
  get message() {
    throw new Error('no message')
  },
})
export const getter = () => {
  throw hidden()
}
export const getterLater = async () => getter()
export const thenThrows = () => ({
  get then() {
    throw new Error('no then')
  },
})
/** Over what comes after the array. */
export const scribble = ({ buffer, byteOffset, length }, bytes) => {
  new Uint8Array(buffer, byteOffset + length, bytes).fill(0xff)
}
/** So deep that it can be written here and may not be readable there. */
export const deep = (depth) => {
  let value = []
  for (let i = 0; i < depth; i++) value = [value]
  return value
}
