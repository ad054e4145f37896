// brighten, in AssemblyScript: adds `by` to each byte of [address, address + length), up to 255. Code 1: the loop is longer than that.
// Arguments, as load() is told: array u8 data {u32 address, u32 length}, value u32 by, state u64 count.
export function brighten(task: usize, args: usize, begin: u64, end: u64): i32 {
  const address = load<u32>(args);
  const by = load<u32>(args, 8);
  if (end > <u64>load<u32>(args, 4)) return 1;
  for (let i = <u32>begin; i < <u32>end; i++) {
    const value = <u32>load<u8>(address + i) + by;
    store<u8>(address + i, value > 255 ? 255 : value);
  }
  atomic.add<u64>(args + 16, end - begin);
  return 0;
}
