// The empty task as a kernel in JavaScript.

export default () => {};
