// The task of all rivals is empty. The answer shows that the task ran.

export default () => 1;
