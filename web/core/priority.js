/** Priorities. A priority's number, for the module and in a task, is its index here. */
export const PRIORITIES = ['high', 'normal', 'low'];
