/** The lane that holds the input's last `len & 7` bytes and the 0x01 that follows them. */
export function tailLane(ptr: usize, len: i32): u64 {
  const tailBytes = len & 7;
  if (tailBytes == 0) return 1;
  if (len >= 8) return (load<u64>(ptr + len - 8) >> <u64>(64 - 8 * tailBytes)) | ((<u64>1) << (8 * <u64>tailBytes));
  let lane: u64 = 1;
  for (let i = len - 1; i >= 0; i--) lane = (lane << 8) | <u64>load<u8>(ptr + i);
  return lane;
}
