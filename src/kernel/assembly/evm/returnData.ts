/**
 * What the last call returned. One buffer serves all frames: a frame that resumes always sees the output of the call
 * it made, and a frame that starts sees nothing.
 */
import { markRegionFull } from './gas';
import { privateBase, RETURN_DATA, RETURN_DATA_SIZE } from '../memory';

let size: u32 = 0;

@inline
export function returnData(): usize {
  return privateBase() + RETURN_DATA;
}

@inline
export function returnDataSize(): u32 {
  return size;
}

/** What a precompile may write. */
@inline
export function returnDataCapacity(): i32 {
  return <i32>RETURN_DATA_SIZE;
}

@inline
export function setReturnDataSize(length: u32): void {
  size = length;
}

export function setReturnData(from: usize, length: u32): void {
  if (<usize>length > RETURN_DATA_SIZE) {
    markRegionFull();
    size = 0;
    return;
  }
  memory.copy(returnData(), from, <usize>length);
  size = length;
}
