/** The tries as a module of their own, with the flat-state cache that feeds them, for tests and measurements. */
export { keccak256 } from '../keccak';
export { setSharedBase } from '../memory';
export {
  accountEntry,
  clearFlatCache,
  layOutFlatCache,
  markAccountDirty,
  slotEntry,
  writeSlotEntry,
} from '../state/flatCache';
export * from './index';
