/** Instructions that push a word of the frame, the transaction or the block and do nothing else. */
import {
  B_BASE_FEE,
  B_BLOB_BASE_FEE,
  B_CHAIN_ID,
  B_COINBASE,
  B_GAS_LIMIT,
  B_NUMBER,
  B_PREVRANDAO,
  B_TIMESTAMP,
} from '../block';
import { blockContext } from '../memory';
import { O_ADDRESS, O_BALANCE, readBalance } from '../state/overlay';
import { effectiveGasPrice, transaction, TX_SENDER } from '../transactionContext';
import * as u256 from '../u256';
import { F_CALLER, F_CODE_SIZE, F_INPUT_SIZE, F_MEMORY_SIZE, F_SELF, F_VALUE } from './frame';
import { Op } from './opcodes';
import { returnDataSize } from './returnData';

/** Writes the word that `operation` pushes to `sp`. */
export function pushEnvironment(operation: u32, frame: usize, sp: usize): void {
  switch (operation) {
    case Op.ADDRESS:
      u256.fromAddress(<usize>load<u32>(frame, F_SELF) + O_ADDRESS, sp);
      return;
    case Op.ORIGIN:
      u256.fromAddress(transaction() + TX_SENDER, sp);
      return;
    case Op.CALLER:
      u256.fromAddress(frame + F_CALLER, sp);
      return;
    case Op.CALLVALUE:
      u256.copy(frame + F_VALUE, sp);
      return;
    case Op.CALLDATASIZE:
      u256.setU64(sp, <u64>load<u32>(frame, F_INPUT_SIZE));
      return;
    case Op.CODESIZE:
      u256.setU64(sp, <u64>load<u32>(frame, F_CODE_SIZE));
      return;
    case Op.GASPRICE:
      u256.copy(effectiveGasPrice(), sp);
      return;
    case Op.RETURNDATASIZE:
      u256.setU64(sp, <u64>returnDataSize());
      return;
    case Op.COINBASE:
      u256.fromAddress(blockContext() + B_COINBASE, sp);
      return;
    case Op.TIMESTAMP:
      u256.setU64(sp, load<u64>(blockContext(), B_TIMESTAMP));
      return;
    case Op.NUMBER:
      u256.setU64(sp, load<u64>(blockContext(), B_NUMBER));
      return;
    case Op.GASLIMIT:
      u256.setU64(sp, load<u64>(blockContext(), B_GAS_LIMIT));
      return;
    case Op.CHAINID:
      u256.setU64(sp, load<u64>(blockContext(), B_CHAIN_ID));
      return;
    case Op.PREVRANDAO:
      u256.copy(blockContext() + B_PREVRANDAO, sp);
      return;
    case Op.BASEFEE:
      u256.copy(blockContext() + B_BASE_FEE, sp);
      return;
    case Op.BLOBBASEFEE:
      u256.copy(blockContext() + B_BLOB_BASE_FEE, sp);
      return;
    case Op.SELFBALANCE:
      readBalance(<usize>load<u32>(frame, F_SELF));
      u256.copy(<usize>load<u32>(frame, F_SELF) + O_BALANCE, sp);
      return;
    case Op.MSIZE:
      u256.setU64(sp, <u64>load<u32>(frame, F_MEMORY_SIZE));
      return;
    default:
  }
}
