// The task of all rivals: it does nothing, and its answer shows that it ran.

export default () => 1;
