/** No items. Nothing adds one. Not frozen: each loop over a frozen array allocates in V8. */
export const NONE = [];
