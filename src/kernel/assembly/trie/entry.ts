/** The tries alone as a module, for their tests and measurements. */
export { keccak256 } from '../keccak';
export * from './index';
